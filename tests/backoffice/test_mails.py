"""Mails are rows first; a task sends them, once, and keeps trying."""

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMessage
from django.utils import timezone

from backoffice import mails, verify
from backoffice.models import Mail

pytestmark = pytest.mark.django_db
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def transport(settings):
    """A mail server that takes everything, at the product's own door to one."""
    settings.MAIL_TRANSPORT = LOCMEM
    outbox.outbox = []
    return outbox


def write(key="a:1", kind="welcome", to="ana@example.com"):
    mails.store([Mail(key=key, kind=kind, to=to, subject="Hello", text="Words", html="<p>Words</p>")])


def again():
    Mail.objects.update(due_at=timezone.now())


def test_writing_the_same_mail_twice_keeps_one():
    write()
    write()
    assert Mail.objects.count() == 1


def test_a_due_mail_leaves_once_with_both_its_texts(transport):
    write()
    assert (mails.send_due(), mails.send_due()) == (1, 0)
    (message,) = transport.outbox
    assert (message.to, message.subject, message.body) == (["ana@example.com"], "Hello", "Words")
    assert message.alternatives[0].content == "<p>Words</p>"
    assert Mail.objects.get().sent_at is not None


def test_the_same_mail_always_has_the_same_message_id():
    first, second = (mails.message_of(Mail(key="a:1", subject="s", text="t", to="a@example.com")) for _ in range(2))
    assert first.extra_headers == second.extra_headers


def test_without_a_transport_mails_are_kept(settings):
    settings.MAIL_TRANSPORT = ""
    write()
    assert mails.send_due() == 0
    assert mails.figures() == {"waiting": 0, "given_up": 0, "kept": True}


def test_a_refusing_server_delays_a_mail_and_says_why_without_telling_its_text(settings, caplog):
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    write()
    assert mails.send_due() == 0
    row = Mail.objects.get()
    assert (
        row.sent_at is None and row.attempts == 1 and row.due_at > timezone.now() and row.last_error == "ConnectionRefusedError"
    )
    assert "ana@example.com" not in caplog.text and "Words" not in caplog.text
    for _ in range(mails.ATTEMPTS + 2):
        again()
        mails.send_due()
    assert Mail.objects.get().attempts == mails.ATTEMPTS
    assert mails.figures()["given_up"] == 1
    assert verify.mails_leave()[2] == [f"mail {row.pk} was given up"]


def test_a_mail_that_was_given_up_can_be_tried_again(transport):
    write()
    Mail.objects.update(attempts=mails.ATTEMPTS)
    assert mails.send_due() == 0
    assert mails.send_again(Mail.objects.all()) == 1
    assert mails.send_due() == 1


def test_sign_in_mails_go_the_same_way_and_their_text_is_forgotten_once_sent(transport):
    backend = mails.RowBackend()
    assert backend.send_messages([EmailMessage("Your code", "It is 123456", to=["Ana <ana@example.com>"])]) == 1
    row = Mail.objects.get()
    assert (row.to, row.kind, row.text) == ("ana@example.com", mails.SECRET_KIND, "It is 123456")
    mails.send_due()
    assert transport.outbox[0].body == "It is 123456"
    assert Mail.objects.get().text == ""


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (4, 8), (10, 360)])
def test_the_pauses_between_tries_double_up_to_six_hours(attempts, minutes):
    assert mails.pause_after(attempts).total_seconds() == minutes * 60
