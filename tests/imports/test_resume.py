"""An import that is killed in the middle is finished by running it again: complete, exact, nothing twice."""

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings

from backoffice.demo import making
from tests.servers import Company

PEOPLE, SEED = 200, 11
TABLES = (
    "genealogy_user", "genealogy_distributor", "genealogy_position", "storefront_site", "storefront_customer", "storefront_order",
    "storefront_orderline", "storefront_payment", "storefront_refund", "storefront_refundline", "commissions_volumeentry",
)  # fmt: skip
MOMENTS = (("people.csv:", 3, 0), ("customers.csv:", 9, 0), ("orders: 150 of", 3, 150), ("orders: 450 of", 5, 150 + 450))
"""What the import says, after how many more statements it is killed, and how many orders are in by then."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A demo company's files."""
    folder = tmp_path_factory.mktemp("resume") / "company"
    making.write_files(folder, people=PEOPLE, seed=SEED, end=datetime(2026, 11, 18, tzinfo=UTC), say=lambda text: None)
    return folder


def counts(company):
    with company.database() as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def sums(company):
    with company.database() as connection:
        return connection.execute(
            "SELECT sum(total_minor), sum(refunded_minor), (SELECT sum(pv) FROM commissions_volumeentry),"
            " (SELECT sum(cv) FROM commissions_volumeentry) FROM storefront_order"
        ).fetchone()


def import_until(company, folder, word, statements):
    """Run the import and kill it with -9 so many statements after it has said a word."""
    options = ["--report", str(company.folder / "refused.csv"), "--stretch", "150"]
    command = [sys.executable, "-m", "tests.imports.dying", word, str(statements), "import_company", str(folder), *options]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=company.environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, f"the import never came to {word!r}:\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_killed_four_times_it_ends_where_an_undisturbed_import_ends(files):
    undisturbed, disturbed = Company.fresh(), Company.fresh()
    try:
        undisturbed.manage("import_company", str(files), "--report", str(undisturbed.folder / "refused.csv"))
        for word, statements, orders in MOMENTS:
            import_until(disturbed, files, word, statements)
            half = counts(disturbed)
            assert half["genealogy_position"] in (2, 2 * (PEOPLE + 1))  # the trees are whole, or only the house stands there
            assert half["storefront_order"] == half["storefront_payment"] == orders
        disturbed.manage("import_company", str(files), "--report", str(disturbed.folder / "refused.csv"))
        assert counts(disturbed) == counts(undisturbed)
        assert sums(disturbed) == sums(undisturbed)
        disturbed.manage("shell", "-c", "from commissions import live; live.refresh_everything()")
        disturbed.manage("verify")
    finally:
        undisturbed.stop()
        disturbed.stop()


@pytest.mark.slow
def test_a_second_import_waits_for_nobody_and_says_that_one_is_running(files):
    company = Company.fresh()
    try:
        with company.database() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [0x696D706F7274])
            with pytest.raises(RuntimeError, match="Another import is running"):
                company.manage("import_company", str(files), "--report", str(company.folder / "refused.csv"))
    finally:
        company.stop()
