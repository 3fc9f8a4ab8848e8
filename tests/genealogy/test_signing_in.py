"""Every way in: password, code, link, authenticator app - and what a stranger learns from trying: nothing."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from genealogy import people
from genealogy.models import User

PASSWORD = "a fine long password"
LOGIN, REQUEST_CODE, CONFIRM_CODE = "account_login", "account_request_login_code", "account_confirm_login_code"


@pytest.fixture(autouse=True)
def fresh(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # what is slow on purpose
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ana():
    user = User.objects.create_user("ana@example.com", PASSWORD, name="Ana Ruiz")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def add_authenticator_app(user):
    """Give somebody an authenticator app; return a function that reads its present code."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)

    def code():
        return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))

    return code


def signed_in(client):
    return client.session.get("_auth_user_id")


def link_in_mail():
    return re.search(r"http://\S+(/accounts/link/\S+/)", mail.outbox[-1].body).group(1)


def test_a_password_signs_in_whatever_the_case_of_the_address(client, ana):
    response = client.post(reverse(LOGIN), {"login": "ANA@example.com", "password": PASSWORD})
    assert signed_in(client) == str(ana.pk)
    assert response.url == "/my/orders/"


def test_each_lands_on_their_own_front_page(client, ana, house):
    people.enrol(sponsor_number=house.number, market=house.market, user=ana)
    assert client.post(reverse(LOGIN), {"login": ana.email, "password": PASSWORD}).url == "/office/"
    client.logout()
    User.objects.filter(pk=ana.pk).update(is_staff=True)
    assert client.post(reverse(LOGIN), {"login": ana.email, "password": PASSWORD}).url == "/admin/"


def test_a_code_by_mail_signs_in(client, ana):
    client.post(reverse(REQUEST_CODE), {"email": ana.email})
    code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]*)$", mail.outbox[-1].body, re.MULTILINE).group(1)
    assert mail.outbox[-1].to == [ana.email]
    client.post(reverse(CONFIRM_CODE), {"code": "WRONG"})
    assert signed_in(client) is None
    client.post(reverse(CONFIRM_CODE), {"code": code})
    assert signed_in(client) == str(ana.pk)


def test_a_link_by_mail_signs_in_on_another_device_after_a_press_of_the_button(client, ana, django_user_model):
    client.post(reverse(REQUEST_CODE), {"email": ana.email})
    other = client.__class__()
    page = other.get(link_in_mail())
    assert page.status_code == 200 and "Ana Ruiz" in page.content.decode()
    assert signed_in(other) is None, "a mail scanner that opens the link signs nobody in"
    response = other.post(link_in_mail())
    assert signed_in(other) == str(ana.pk) and response.url == "/my/orders/"


def test_a_link_works_once(client, ana):
    client.post(reverse(REQUEST_CODE), {"email": ana.email})
    client.post(link_in_mail())
    client.logout()
    for call in (client.get, client.post):
        response = call(link_in_mail())
        assert response.status_code == 410 and "no longer works" in response.content.decode()
    assert signed_in(client) is None


def test_a_forged_link_and_an_old_one_and_one_of_a_closed_account_sign_nobody_in(client, ana, monkeypatch):
    client.post(reverse(REQUEST_CODE), {"email": ana.email})
    path = link_in_mail()
    assert client.post(path[:-3] + "xx/").status_code == 410
    assert client.post("/accounts/link/abc/").status_code == 410
    monkeypatch.setattr("genealogy.magic_links.SECONDS", -1)
    assert client.post(path).status_code == 410
    monkeypatch.undo()
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert client.post(path).status_code == 410
    assert signed_in(client) is None


@pytest.mark.parametrize("way", ["password", "link"])
def test_an_authenticator_app_is_asked_for_whichever_way_one_came(client, ana, way):
    code = add_authenticator_app(ana)
    if way == "password":
        response = client.post(reverse(LOGIN), {"login": ana.email, "password": PASSWORD})
    else:
        client.post(reverse(REQUEST_CODE), {"email": ana.email})
        response = client.post(link_in_mail())
    assert response.url.startswith(reverse("mfa_authenticate")) and signed_in(client) is None
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert signed_in(client) is None
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert signed_in(client) == str(ana.pk)


def test_the_secret_of_an_authenticator_app_is_stored_encrypted(ana):
    add_authenticator_app(ana)
    stored = Authenticator.objects.get(user=ana).data["secret"]
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert get_adapter().decrypt(stored) == "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_customer_signs_up_and_confirms_the_address_by_code(client):
    client.post(reverse("account_signup"), {"name": "Cy Oh", "email": "Cy@example.com", "password1": PASSWORD})
    user = User.objects.get()
    assert (user.email, user.name) == ("cy@example.com", "Cy Oh") and signed_in(client) is None
    code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]*)$", mail.outbox[-1].body, re.MULTILINE).group(1)
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert EmailAddress.objects.get(user=user).verified and signed_in(client) == str(user.pk)


def test_an_unconfirmed_address_opens_nothing(client, house):
    newcomer = people.enrol(sponsor_number=house.number, market=house.market, name="Di", email="di@example.com")
    newcomer.user.set_password(PASSWORD)
    newcomer.user.save()
    client.post(reverse(LOGIN), {"login": "di@example.com", "password": PASSWORD})
    assert signed_in(client) is None


def test_a_newcomer_without_a_password_comes_in_by_link_and_has_confirmed_the_address(client, house):
    newcomer = people.enrol(sponsor_number=house.number, market=house.market, name="Di", email="di@example.com")
    client.post(reverse(REQUEST_CODE), {"email": "di@example.com"})
    assert client.post(link_in_mail()).url == "/office/"
    assert EmailAddress.objects.get(user=newcomer.user).verified


def shape(response):
    """What a stranger can tell of an answer: where it leads, and its words without the address and the token."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return response.status_code, response.get("Location"), re.sub(r"(ana|bob)@example\.com", "", text)


def test_no_answer_tells_whether_an_address_is_known(client, ana):
    """Ana has an account and Bob has none; each page answers both alike."""
    wishes = [
        (LOGIN, lambda email: {"login": email, "password": "not the password"}),
        (REQUEST_CODE, lambda email: {"email": email}),
        ("account_reset_password", lambda email: {"email": email}),
        ("account_signup", lambda email: {"name": "X", "email": email, "password1": "another fine password"}),
    ]
    for name, fields in wishes:
        answers = []
        for email in ("ana@example.com", "bob@example.com"):
            stranger = client.__class__()
            first = stranger.post(reverse(name), fields(email))
            answers.append((shape(first), shape(stranger.get(first.url)) if first.get("Location") else None))
        assert answers[0] == answers[1], name


def test_guessing_passwords_is_stopped_for_a_while_also_for_the_right_one(client, ana):
    for _ in range(5):
        client.post(reverse(LOGIN), {"login": ana.email, "password": "a guess"})
    response = client.post(reverse(LOGIN), {"login": ana.email, "password": PASSWORD})
    assert signed_in(client) is None
    assert "Too many failed login attempts" in response.content.decode()


def test_codes_and_links_are_asked_for_a_few_times_a_minute_only(client, ana):
    answers = [client.__class__().post(reverse(REQUEST_CODE), {"email": ana.email}).status_code for _ in range(5)]
    assert len(mail.outbox) == 3, answers
    tries = [client.post("/accounts/link/guess/").status_code for _ in range(35)]
    assert tries[0] == 410 and tries[-1] == 429


def test_the_page_of_devices_signs_the_others_out(client, ana):
    other = client.__class__(HTTP_USER_AGENT="Mozilla/5.0 (iPhone)")
    for device in (client, other):
        device.post(reverse(LOGIN), {"login": ana.email, "password": PASSWORD})
    page = client.get(reverse("usersessions_list"))
    assert page.status_code == 200 and len(page.context["sessions"]) == 2
    client.post(reverse("usersessions_list"))
    assert signed_in(client) == str(ana.pk)
    assert other.get(reverse("usersessions_list")).status_code == 302
