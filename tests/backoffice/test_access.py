"""Who may see whom."""

import pytest
from django.http import Http404

from backoffice import access
from genealogy.models import Distributor, User


def test_a_distributor_sees_the_own_downline_and_nobody_else(cast):
    for viewer, seen in ((cast.ana, {cast.ana, cast.ben, cast.cy}), (cast.ben, {cast.ben, cast.cy}), (cast.dee, {cast.dee})):
        assert {position.distributor for position in access.downline(viewer)} == seen


def test_upline_siblings_and_strangers_are_not_found(cast):
    for viewer, other in ((cast.ben, cast.ana), (cast.ana, cast.dee), (cast.ana, cast.house), (cast.dee, cast.cy)):
        with pytest.raises(Http404):
            access.member_or_404(viewer, other.pk)


def test_of_a_member_only_the_allowed_fields_are_read(cast):
    position = access.member_or_404(cast.ana, cast.cy.pk)
    assert position.distributor.get_deferred_fields() == {"user_id", "market_id", "phone", "is_house"}


def test_customers_and_closed_accounts_have_no_office(cast):
    customer = User.objects.create_user("cleo@example.com", name="Cleo")
    assert access.office_of(customer) is None
    Distributor.objects.filter(pk=cast.ana.pk).update(status=Distributor.Status.SUSPENDED)
    assert access.office_of(cast.ana.user) is None


def test_a_customer_reads_where_to_turn_instead_of_an_office(cast):
    response = cast.client(User.objects.create_user("cleo@example.com", name="Cleo")).get("/office/")
    assert response.status_code == 403
    assert "This is the distributors’ office" in response.content.decode()


def test_a_piece_of_a_page_sends_its_whole_page_to_the_sign_in(client, db):
    response = client.get("/office/figures/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/accounts/login/")
