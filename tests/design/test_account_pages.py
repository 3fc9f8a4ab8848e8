"""Every page of one's account is in our look, obeys the strict policy, and leads to the others."""

import re

import pytest
from django.urls import reverse

from genealogy.models import User

OPEN = ["account_login", "account_signup", "account_request_login_code", "account_reset_password"]
OWN = ["mfa_index", "account_change_password", "account_email", "usersessions_list", "account_logout"]
PASSWORD = "fern-oat-linden-birch"
GUARDED = ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"]


@pytest.fixture
def signed_in(client, db):
    user = User.objects.create_user("ana@example.com", PASSWORD, name="Ana Ruiz")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.session.get("_auth_user_id") == str(user.pk)
    return client


def sound(response):
    """The page's text, once it has been seen to be ours and to hold nothing that the policy forbids."""
    assert response.status_code == 200
    text = response.content.decode()
    assert text.count("<h1") == 1
    assert "css/tokens" in text and 'class="skip-link' in text
    assert not re.search(r"<[a-z][^>]*\sstyle=", text), "an inline style"
    assert not re.search(r"\son[a-z]+=", text), "an inline handler"
    for attributes in re.findall(r"<script([^>]*)>", text):
        assert "src=" in attributes or "application/json" in attributes, f"an inline script: {attributes}"
    assert "<p><label" not in text and '<ul class="errorlist"' not in text.split("<form")[0]
    return text


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN)
def test_pages_before_signing_in_are_ours(client, name):
    assert 'class="entrance' in sound(client.get(reverse(name)))


@pytest.mark.parametrize("name", OWN)
def test_pages_of_the_account_are_ours(signed_in, name):
    sound(signed_in.get(reverse(name)))


@pytest.mark.parametrize("name", GUARDED)
def test_setting_up_a_second_factor_is_ours(signed_in, name):
    asked = signed_in.get(reverse(name), follow=True)
    assert "Is it you?" in sound(asked)
    text = sound(signed_in.post(asked.request["PATH_INFO"] + "?next=" + reverse(name), {"password": PASSWORD}, follow=True))
    if name == "mfa_activate_totp":
        assert 'class="qr-code"' in text


def test_each_page_of_the_account_leads_to_the_others(signed_in):
    for name in ("mfa_index", "account_change_password", "account_email", "usersessions_list"):
        text = signed_in.get(reverse(name)).content.decode()
        for other in ("mfa_index", "account_change_password", "account_email", "usersessions_list"):
            assert f'href="{reverse(other)}"' in text, f"{name} does not lead to {other}"


def test_devices_tell_browser_and_machine(signed_in):
    signed_in.get(
        reverse("mfa_index"), HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    )
    text = signed_in.get(
        reverse("usersessions_list"),
        HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    ).content.decode()
    assert "This one" in text


def test_a_wrong_password_is_told_beside_the_form(client, db):
    response = client.post(reverse("account_login"), {"login": "nobody@example.com", "password": "wrong-wrong-wrong"})
    text = sound(response)
    assert 'class="alert alert--bad" role="alert"' in text


def test_a_sign_in_code_comes_as_text_and_in_the_companys_look(client, db, mailoutbox):
    user = User.objects.create_user("ana@example.com", PASSWORD, name="Ana Ruiz")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    response = client.post(reverse("account_request_login_code"), {"email": user.email}, follow=True)
    sound(response)
    [mail] = mailoutbox
    code = re.search(r"^([A-Z0-9-]{5,12})$", mail.body, re.MULTILINE)[1]
    assert mail.subject == "Your sign-in code"
    [(page, kind)] = [(part.content, part.mimetype) for part in mail.alternatives]
    assert kind == "text/html" and code in page and 'class="sheet"' in page
