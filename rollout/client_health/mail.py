"""Sending a notice by mail, with Django's mail framework."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from rollout.client_health.messages import Message, subject, text
from shared.http.redaction import exception_name


def send(message: Message) -> str:
    """Send a message, and return why it was not sent; empty if it was."""
    now = timezone.now()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    mail = EmailMessage(
        subject(message, now),
        text(message, now),
        to=[message.team.email],
        # RFC 5322 section 3.6.4: a copy that is sent again has the same id. RFC 3834 section 5: nobody answers.
        headers={"Message-ID": f"<{message.id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        # The server's own text may repeat an address or a password.
        return exception_name(error)
    return ""
