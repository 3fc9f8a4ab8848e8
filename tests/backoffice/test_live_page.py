"""Open pages in a real browser: they move without reload, and the tabs of one browser share one stream."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def sign_in(company, page, who):
    page.goto(f"{company.base_url}/accounts/login/")
    page.locator(f"form[action$='/sign-in/{who}/'] button").first.click()
    page.wait_for_url(lambda address: "/accounts/" not in address)


def test_tabs_share_one_stream_and_a_closed_one_hands_it_on(company_server, context):
    opened = []
    context.on("request", lambda request: opened.append(request) if "/office/live/" in request.url else None)
    first = context.new_page()
    sign_in(company_server, first, "leader")
    first.goto(f"{company_server.base_url}/office/")
    first.locator("#fresh[data-state=live] time").wait_for()
    before = len(opened)
    second = context.new_page()
    second.goto(f"{company_server.base_url}/office/team/")
    second.locator("#fresh[data-state=live] time").wait_for()
    second.wait_for_timeout(1000)
    assert len(opened) == before, "the second tab has opened a stream of its own"
    with context.expect_event("request", lambda request: "/office/live/" in request.url):
        first.close()
