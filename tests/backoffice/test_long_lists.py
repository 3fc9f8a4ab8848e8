"""The long lists of head office: bounded in what they count, found by an index, read and not written."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.models import Mail
from commissions.models import VolumeEntry
from genealogy import long_lists
from genealogy.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(cast, settings):
    settings.STAFF_SECOND_FACTOR = False
    return cast.client(User.objects.create_superuser("boss@example.com", "a fine long password", name="Boss"))


def asked(boss, address, words):
    """Return the page of a search, and what the database was asked for it."""
    with CaptureQueriesContext(connection) as captured:
        page = boss.get(address, {"q": words}).content.decode()
    return page, [query["sql"] for query in captured]


def test_volume_is_found_by_reference_or_by_number_never_by_both_in_one_question(cast, boss, heard):
    order = cast.sell(cast.ben)
    entry = VolumeEntry.objects.get(distributor=cast.ben)
    for words in (entry.reference, cast.ben.number, cast.ben.number.lower()):
        page, queries = asked(boss, "/admin/commissions/volumeentry/", words)
        assert "1 volume" in page and entry.reference in page, (order, words)
        assert not [sql for sql in queries if "reference" in sql.split("WHERE")[-1] and " OR " in sql.split("WHERE")[-1]]


def test_a_mail_is_found_by_its_whole_address_as_its_index_has_it(boss):
    Mail.objects.create(key="k", kind="receipt", to="mara@example.com", subject="Thank you, Mara", text="", html="")
    page, queries = asked(boss, "/admin/backoffice/mail/", " Mara@Example.com ")
    assert "Thank you, Mara" in page
    assert not [sql for sql in queries if "backoffice_mail" in sql and "UPPER(" in sql]


def test_no_long_list_counts_further_than_anybody_turns_pages(boss, monkeypatch):
    monkeypatch.setattr(long_lists, "MOST_ROWS", 3)
    for number in range(5):
        Mail.objects.create(key=f"k{number}", kind="receipt", to="a@example.com", subject="s", text="", html="")
    assert long_lists.ShortCount(Mail.objects.all(), 2).count == 3
    read = [page for page in admin.site._registry.values() if isinstance(page, long_lists.Long)]
    assert len(read) > 10 and {page.paginator for page in read} == {long_lists.ShortCount}
