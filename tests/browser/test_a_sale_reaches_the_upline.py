"""The main job, end to end: a guest buys in a personal shop, and open pages above it move by themselves.

Real pages in a real browser, the real server, workers, PostgreSQL and Valkey; nothing is eager and nothing is replaced.
"""

import re

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
SOON = 45_000
"""Milliseconds that a crowded machine is given. How quick it is in truth is measured by ``make bench ONLY=live``."""

ENOUGH = 10
"""So many of any product make the seller active; when a month is young, nobody is yet, and who is not active earns no bonus."""

LEADER = """
    SELECT distributor.id FROM genealogy_distributor AS distributor
    JOIN genealogy_user AS account ON account.id = distributor.user_id WHERE account.email = %s
"""
FRONTLINE_SHOP = """
    SELECT site.slug, distributor.name FROM genealogy_position AS top
    JOIN genealogy_tree AS tree ON tree.id = top.tree_id AND tree.code = 'sponsor'
    JOIN genealogy_position AS child ON child.parent_id = top.id
    JOIN genealogy_distributor AS distributor ON distributor.id = child.distributor_id AND distributor.status = 'active'
    JOIN storefront_site AS site ON site.distributor_id = distributor.id
    WHERE top.distributor_id = %s ORDER BY child.id LIMIT 1
"""


@pytest.fixture
def leader_page(browser, company_server):
    """The leader's dashboard, open on a phone; whatever the page complains about fails the test."""
    context = browser.new_context(viewport=PHONE, has_touch=True, locale="en-US")
    context.set_default_timeout(SOON)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{company_server.base_url}/accounts/login/")
    page.get_by_role("button", name=re.compile("Team leader")).click()
    expect(page.locator('[data-figure="gv"]')).to_be_visible()
    expect(page.locator("#fresh")).to_be_visible(timeout=SOON)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def guest_page(browser):
    """Somebody else's phone."""
    context = browser.new_context(viewport=PHONE, has_touch=True, locale="en-US")
    context.set_default_timeout(SOON)
    yield context.new_page()
    context.close()


def shops(company) -> tuple[str, str]:
    """Return the address of the leader's own shop and of the shop of somebody whom the leader sponsors."""
    with company.database() as connection:
        (leader,) = connection.execute(LEADER, ["leader@example.com"]).fetchone()
        (own,) = connection.execute("SELECT slug FROM storefront_site WHERE distributor_id = %s", [leader]).fetchone()
        (below, _) = connection.execute(FRONTLINE_SHOP, [leader]).fetchone()
    return own, below


def buy(page, base_url: str, shop: str, *, number: str = "4242 4242 4242 4242", email: str, quantity: int = 1) -> None:
    """Buy the first product of a personal shop as a guest, through every page that a guest sees."""
    page.goto(f"{base_url}/@{shop}/")
    page.locator(".product-card a").first.click()
    page.locator("#quantity").fill(str(quantity))
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name=re.compile("Check ?out", re.IGNORECASE)).first.click()
    page.get_by_label("E-mail", exact=False).first.fill(email)
    page.locator("[name=name]").fill("Robin Example")
    for field, value in {"street": "12 Orchard Lane", "city": "Springfield", "postal_code": "62701"}.items():
        page.locator(f"[name={field}]").fill(value)
    region = page.locator("[name=region]")
    if region.count():
        region.select_option("IL") if region.evaluate("node => node.tagName") == "SELECT" else region.fill("IL")
    page.get_by_role("button", name=re.compile("Continue to payment")).click()
    page.locator("[name=number]").fill(number)
    page.locator("[name=expiry]").fill("12 / 30")
    page.locator("[name=cvc]").fill("123")
    page.get_by_role("button", name=re.compile("^Pay")).click()


def figure(page, name: str) -> str:
    """Return what a live figure says now."""
    return page.locator(f'[data-figure="{name}"]').inner_text()


@pytest.mark.browser
def test_a_purchase_in_a_personal_shop_moves_the_sellers_open_dashboard(company_server, leader_page, guest_page):
    own, _ = shops(company_server)
    before = {name: figure(leader_page, name) for name in ("pv", "gv", "earned", "today")}

    buy(guest_page, company_server.base_url, own, email="robin.first@example.com")
    expect(guest_page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()

    for name, was in before.items():
        expect(leader_page.locator(f'[data-figure="{name}"]')).not_to_have_text(was, timeout=SOON)
    expect(leader_page.locator("#sales").get_by_text("Robin").first).to_be_visible()


@pytest.mark.browser
def test_a_purchase_in_a_downlines_shop_moves_the_uplines_open_dashboard_and_explains_itself(
    company_server, leader_page, guest_page
):
    own, below = shops(company_server)
    personal = figure(leader_page, "pv")
    buy(guest_page, company_server.base_url, own, email="robin@example.com", quantity=ENOUGH)
    expect(leader_page.locator('[data-figure="pv"]')).not_to_have_text(personal, timeout=SOON)
    before = {name: figure(leader_page, name) for name in ("gv", "earned")}
    personal = figure(leader_page, "pv")

    buy(guest_page, company_server.base_url, below, email="robin.second@example.com")
    expect(guest_page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()

    for name, was in before.items():
        expect(leader_page.locator(f'[data-figure="{name}"]')).not_to_have_text(was, timeout=SOON)
    assert figure(leader_page, "pv") == personal


@pytest.mark.browser
def test_a_declined_card_says_so_and_moves_nothing_and_the_next_card_pays(company_server, leader_page, guest_page):
    own, _ = shops(company_server)
    before = figure(leader_page, "pv")

    buy(guest_page, company_server.base_url, own, number="4000 0000 0000 0002", email="robin.third@example.com")
    expect(guest_page.get_by_text(re.compile("declined", re.IGNORECASE)).first).to_be_visible()
    assert figure(leader_page, "pv") == before

    guest_page.locator("[name=number]").fill("4242 4242 4242 4242")
    guest_page.locator("[name=expiry]").fill("12 / 30")
    guest_page.locator("[name=cvc]").fill("123")
    guest_page.get_by_role("button", name=re.compile("^Pay")).click()
    expect(guest_page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    expect(leader_page.locator('[data-figure="pv"]')).not_to_have_text(before, timeout=SOON)
