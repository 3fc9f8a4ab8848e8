"""A person signs up, adds a passkey and signs in with it: the real pages, the real server, a virtual authenticator."""

import re

import pytest

pytestmark = pytest.mark.browser

PASSWORD = "a fine long password"


@pytest.fixture(scope="module")
def site(companies):
    """An empty company: the web process is all that this needs."""
    return companies(names=("web",))


@pytest.fixture
def with_authenticator(context, page):
    """Give the browser a device that holds passkeys and whose owner always agrees."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def last_mail(site):
    with site.database() as connection:
        return connection.execute("SELECT text FROM backoffice_mail ORDER BY id DESC LIMIT 1").fetchone()[0]


def sign_up(site, page, email):
    """Sign up through the pages, and confirm the address by the code in the mail."""
    page.goto(site.base_url + "/accounts/signup/")
    page.get_by_label("Your name").fill("Ana Ruiz")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.locator("main button[type=submit], form.form button[type=submit]").first.click()
    page.locator("input[name=code]").wait_for()
    code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]*)$", last_mail(site), re.MULTILINE).group(1)
    page.locator("input[name=code]").fill(code)
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url(lambda address: "/accounts/" not in address)


def sign_out(site, page):
    page.context.clear_cookies()
    page.goto(site.base_url + "/accounts/login/")
    page.locator("#passkey_login").wait_for()


def who_is_signed_in(site, page):
    """Return the address on the person's own page of addresses; None when it is closed."""
    page.goto(site.base_url + "/accounts/email/")
    return None if "/login/" in page.url else page.content()


def test_a_passkey_is_added_and_signs_in_without_a_password(site, with_authenticator):
    page = with_authenticator
    sign_up(site, page, "ana@example.com")
    page.goto(site.base_url + "/accounts/2fa/webauthn/add/")
    if "/reauthenticate/" in page.url:  # whoever adds a key says once more who they are
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
    page.locator("input[name=name]").fill("My phone")
    passwordless = page.locator("input[name=passwordless]")
    if passwordless.count():
        passwordless.check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    sign_out(site, page)
    assert who_is_signed_in(site, page) is None
    page.goto(site.base_url + "/accounts/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda address: "/accounts/login" not in address)
    assert "ana@example.com" in who_is_signed_in(site, page)


def test_a_sign_in_link_opens_a_page_with_a_button(site, page, browser):
    sign_up(site, page, "ben@example.com")
    page.context.clear_cookies()
    page.goto(site.base_url + "/accounts/login/code/")
    page.locator("input[name=email]").fill("ben@example.com")
    page.locator("input[name=email]").press("Enter")
    page.locator("input[name=code]").wait_for()
    link = re.search(r"http://\S+/accounts/link/\S+", last_mail(site)).group(0)
    elsewhere = browser.new_context(viewport={"width": 1280, "height": 800})
    other = elsewhere.new_page()
    other.goto(link)
    assert other.get_by_role("heading", name="Hello, Ana Ruiz").is_visible()
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(lambda address: "/accounts/link/" not in address)
    assert "ben@example.com" in who_is_signed_in(site, other)
    elsewhere.close()
