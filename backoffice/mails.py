"""Mail: written as a row in the transaction of its cause, sent later by a task.

``write`` is safe to repeat: the key decides. Nothing of a mail but its id ever goes to a task or a log. When no transport
is set (``MAIL_TRANSPORT``), mails are kept and never leave, which is what a demo and a checkout want.
"""

import hashlib
import logging
import uuid
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone, translation

from backoffice.models import Mail
from config.outbox.wake import Bell

ATTEMPTS = 10
BATCH = 50
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)

# Mails that open a door (sign-in codes, address confirmations): their text is forgotten as soon as they have been sent.
SECRET_KIND = "account"  # noqa: S105

BELL = Bell("backoffice.tasks.send_mails")

log = logging.getLogger(__name__)


def write(*, key, kind, to, template, context, language="en"):
    """Write one mail from ``templates/mail/<template>/`` unless the key has been written before.

    In a language that the texts are not translated into it is written in the default one, figures and all.
    """
    with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        facts = {"public_url": settings.PUBLIC_URL, "COMPANY": settings.COMPANY_NAME, **context}
        subject = " ".join(render_to_string(f"mail/{template}/subject.txt", facts).split())
        text = render_to_string(f"mail/{template}/body.txt", facts).strip() + "\n"
        html = render_to_string(f"mail/{template}/body.html", facts)
    store([Mail(key=key, kind=kind, to=to, subject=subject[:250], text=text, html=html)])


def store(mails):
    """Keep mails that are not kept yet, and have them sent once they are committed."""
    with transaction.atomic():
        Mail.objects.bulk_create(mails, ignore_conflicts=True)
        if settings.MAIL_TRANSPORT:
            BELL.ring_after_commit()


def send_due(*, limit=1000):
    """Send the mails that are due by the transport and return how many left. Without a transport none does."""
    if not settings.MAIL_TRANSPORT:
        return 0
    sent = tried = 0
    while tried < limit and (claimed := _claim(min(BATCH, limit - tried))):
        tried += len(claimed)
        sent += _send(claimed)
    return sent


def _claim(size):
    """Take some due mails: whoever pushes ``due_at`` ahead is the one who sends, and a crash only delays the next try."""
    due = (
        Mail.objects.filter(sent_at__isnull=True, due_at__lte=Now(), attempts__lt=ATTEMPTS)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
    )
    with transaction.atomic():
        mails = list(due[:size])
        for mail in mails:
            mail.attempts += 1
            mail.due_at = timezone.now() + pause_after(mail.attempts)
        Mail.objects.bulk_update(mails, ["attempts", "due_at"])
    return mails


def pause_after(attempts):
    """Return how long to wait before the next try: one minute, two, four ... six hours at most."""
    return min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)


def _send(mails):
    sent = 0
    transport = get_connection(settings.MAIL_TRANSPORT)
    try:
        for mail in mails:
            try:
                transport.send_messages([message_of(mail)])
            except Exception as error:  # a mail server may refuse in any way; the row says how and is tried again
                log.warning("mail %s was not sent (%s), attempt %s", mail.pk, type(error).__name__, mail.attempts)
                Mail.objects.filter(pk=mail.pk).update(last_error=type(error).__name__[:250])
            else:
                _mark_sent(mail)
                sent += 1
    finally:
        transport.close()
    return sent


def _mark_sent(mail):
    forget = {"text": "", "html": ""} if mail.kind == SECRET_KIND else {}
    Mail.objects.filter(pk=mail.pk).update(sent_at=Now(), last_error="", **forget)


def message_of(mail):
    """Turn a row into a message. Its Message-ID comes from the key, so that a repeated one is recognised as the same."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    number = hashlib.sha256(mail.key.encode()).hexdigest()[:32]
    message = EmailMultiAlternatives(
        mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to], headers={"Message-ID": f"<{number}@{host}>"}
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def send_again(mails):
    """Give mails that were tried too often all their attempts again."""
    return mails.filter(sent_at__isnull=True, attempts__gte=ATTEMPTS).update(attempts=0, due_at=Now(), last_error="")


def figures():
    """Count the mails that wait and those that were tried too often; without a transport none of them waits."""
    waiting = Mail.objects.filter(sent_at__isnull=True)
    if not settings.MAIL_TRANSPORT:
        return {"waiting": 0, "given_up": 0, "kept": True}
    given_up = waiting.filter(attempts__gte=ATTEMPTS).count()
    return {"waiting": waiting.count() - given_up, "given_up": given_up, "kept": False}


class RowBackend(BaseEmailBackend):
    """Django's own mails (sign-in codes, address confirmations) go the same way: a row first."""

    def send_messages(self, email_messages):
        """Write a row for each recipient of each message, and return how many messages there were."""
        rows = [
            Mail(
                key=f"account:{uuid.uuid4().hex}",
                kind=SECRET_KIND,
                to=parseaddr(recipient)[1],
                subject=" ".join(str(message.subject).split())[:250],
                text=message.body,
                html=_html_of(message),
            )
            for message in email_messages
            for recipient in message.recipients()
        ]
        store(rows)
        return len(email_messages)


def _html_of(message):
    return next((content for content, kind in getattr(message, "alternatives", ()) if kind == "text/html"), "")
