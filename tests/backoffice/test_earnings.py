"""Earnings open down to the order, the sums agree, and nobody reads another's."""

import re

import pytest
from django.utils import timezone

from backoffice import earned
from commissions import periods
from commissions.live import Refresher
from commissions.models import EarningTotal, LivePending
from storefront import orders, payments

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refreshed(cast):
    """Ana and ben are active and ranked; cy has sold to a customer; the live refresh has taken it in."""
    for seller, quantity in ((cast.ana, 3), (cast.ben, 3), (cast.cy, 2)):
        cast.sell(seller, quantity=quantity, email=f"{seller.name.lower()}s.customer@example.com")
    refresh()
    return cast


def refresh():
    refresher = Refresher()
    try:
        refresher.step()
        while LivePending.objects.exists():
            refresher.step()
    finally:
        refresher.drop()


def total(person, bonus):
    found = EarningTotal.objects.filter(period=periods.current(), distributor=person, bonus=bonus).first()
    return found.amount_minor if found else 0


@pytest.mark.parametrize("bonus", ["retail_profit", "team_bonus"])
def test_the_lines_add_up_to_the_total_that_every_page_shows(refreshed, bonus):
    for person in (refreshed.ana, refreshed.ben, refreshed.cy, refreshed.dee):
        rows, more = earned.page(person, periods.current(), bonus)
        assert more is None
        assert sum(row.amount_minor for row in rows) == total(person, bonus)
    assert total(refreshed.ben, bonus) > 0


def test_a_line_opens_down_to_rate_and_path_and_shows_no_order_of_the_downline(refreshed):
    client = refreshed.client(refreshed.ben)
    period = periods.current().name
    listed = client.get(f"/office/earnings/{period}/team_bonus/").content.decode()
    assert "A sale by Cy" in listed
    shown = client.get(re.search(r"/office/earnings/[^\"]*/order-\d+/", listed)[0]).content.decode()
    for words in ("Cy made the sale", "Ben is paid as level 1", "10%", "40"):
        assert words in shown
    for secret in ("Mara", "Linden Tea", "cys.customer@example.com", "Ana"):
        assert secret not in shown


def test_an_own_sale_leads_to_its_order_and_says_what_it_earned(refreshed):
    client = refreshed.client(refreshed.cy)
    rows, _more = earned.page(refreshed.cy, periods.current(), "retail_profit")
    assert rows[0].title == "Your sale to Mara"
    shown = client.get(rows[0].href).content.decode()
    assert "Open the order" in shown and "$20.00" in shown
    sale = re.search(r"/office/sales/\d+/", shown)[0]
    assert "$20.00" in client.get(sale).content.decode()


def test_a_line_of_a_stranger_or_of_the_upline_is_not_found(refreshed):
    period = periods.current().name
    rows, _more = earned.page(refreshed.ben, periods.current(), "retail_profit")
    address = rows[0].href
    assert refreshed.client(refreshed.ana).get(address).status_code == 200
    for person in (refreshed.cy, refreshed.dee):
        assert refreshed.client(person).get(address).status_code == 404
    for bad in ("order-999999", "order-x", "nonsense"):
        assert refreshed.client(refreshed.ana).get(f"/office/earnings/{period}/retail_profit/{bad}/").status_code == 404
    assert refreshed.client(refreshed.ana).get(f"/office/earnings/{period}/no_such_bonus/").status_code == 404
    assert refreshed.client(refreshed.ana).get("/office/earnings/1999-01/retail_profit/").status_code == 404


def test_a_zero_says_why(refreshed):
    period = periods.current().name
    shown = refreshed.client(refreshed.dee).get(f"/office/earnings/{period}/team_bonus/").content.decode()
    assert "Why this is nothing yet" in shown


def test_a_refund_takes_the_earning_back_and_the_sums_still_agree(refreshed, heard):
    order = refreshed.cy.sales.get()
    payments.settle_refund(orders.refund(order, None, key="back", at=timezone.now()))
    refresh()
    for person in (refreshed.cy, refreshed.ben):
        rows, _more = earned.page(person, periods.current(), "retail_profit")
        assert sum(row.amount_minor for row in rows) == total(person, "retail_profit")
    assert total(refreshed.cy, "retail_profit") == 0
