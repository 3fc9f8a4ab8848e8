"""Head office tries other numbers on a phone: the form, the worker's progress without loading the page again, the result."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SOON = 45_000
"""Milliseconds that a crowded machine is given."""


@pytest.fixture
def office(browser, company_server):
    """Head office on a phone; a fault of the page or a breach of its content policy fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-US")
    context.set_default_timeout(SOON)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{company_server.base_url}/accounts/login/")
    page.get_by_role("button", name=re.compile("Head office")).click()
    page.wait_for_url("**/company/**")
    yield page
    context.close()
    assert [each for each in complaints if "422" not in each] == []


def fits(page):
    """Whether nothing stands out of the phone at the side."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_other_numbers_are_tried_from_the_form_to_the_result(office, company_server):
    office.goto(f"{company_server.base_url}/company/simulator/new/")
    rates = office.get_by_label("Rates")
    before = rates.input_value()
    rates.fill("120%")
    office.get_by_role("button", name="Run the simulation").click()
    expect(office.get_by_text('bonuses[2].rates[1] is "120%"')).to_be_visible()
    assert fits(office)
    office.get_by_label("Rates").fill(before.replace("10%", "12%"))
    office.get_by_role("button", name="Run the simulation").click()
    office.wait_for_url(re.compile(r"/company/simulator/\d+/$"))
    expect(office.get_by_role("heading", name="Gain most")).to_be_visible(timeout=SOON)
    expect(office.locator('[data-figure="people"]')).not_to_have_text("0 and 0")
    assert fits(office)
    office.locator("section", has=office.get_by_role("heading", name="Gain most")).get_by_role("link").first.click()
    expect(office.get_by_role("heading", name="By bonus")).to_be_visible()
    assert fits(office)


def test_a_simulation_that_waits_is_cancelled_with_one_tap(office, company_server):
    company_server.kill("worker")
    try:
        office.goto(f"{company_server.base_url}/company/simulator/new/")
        office.get_by_role("button", name="Run the simulation").click()
        expect(office.get_by_text("Waiting for a worker")).to_be_visible()
        office.get_by_role("button", name="Cancel").click()
        expect(office.get_by_text("It was cancelled")).to_be_visible()
    finally:
        company_server.restart("worker")
        company_server.wait_until_ready()
