"""How our pages and django-allauth meet: where people go after signing in, links in mails, secrets at rest."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import get_language

from genealogy import magic_links
from genealogy.models import Distributor, User

LOGIN_CODE_MAIL = "account/email/login_code"


class AccountAdapter(DefaultAccountAdapter):
    """Signing in and up with an e-mail address."""

    def get_login_redirect_url(self, request):
        """Send each to their own front page: head office, a distributor's office, a customer's orders."""
        user = request.user
        if user.is_staff:
            return resolve_url(settings.HOME_OF_STAFF)
        if Distributor.objects.filter(user=user, status=Distributor.Status.ACTIVE).exists():
            return resolve_url(settings.HOME_OF_DISTRIBUTORS)
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request):
        """A newcomer goes where a sign-in would lead."""
        return self.get_login_redirect_url(request)

    def save_user(self, request, user, form, commit=True):
        """Note the language in which somebody signed up."""
        user.language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
        return super().save_user(request, user, form, commit=commit)

    def send_mail(self, template_prefix, email, context):
        """Add to the mail with the sign-in code a link that works on any device."""
        if template_prefix == LOGIN_CODE_MAIL:
            user = User.objects.filter(email__iexact=email, is_active=True).first()
            if user is not None:
                path = reverse("sign_in_by_link", args=[magic_links.token_for(user)])
                context = {**context, "sign_in_url": settings.PUBLIC_URL + path, "minutes": magic_links.SECONDS // 60}
        super().send_mail(template_prefix, email, context)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors, whose secrets are stored encrypted with FIELD_KEYS, the newest first."""

    def encrypt(self, text):
        """Hide a secret before it is stored."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        """Read a stored secret."""
        return _vault().decrypt(encrypted_text.encode()).decode()


def _vault():
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
