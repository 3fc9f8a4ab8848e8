"""The person who signs in, whether customer, distributor or head office. The e-mail address is the login."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.mail import send_mail
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users; an address is kept in lower case and compared without regard to case."""

    def create_user(self, email, password=None, **fields):
        """Store a new user; without a password the person can sign in by code or passkey only."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """Store a new user who may do everything."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    @classmethod
    def normalize_email(cls, email):
        """Bring an address into the one form that is stored."""
        return super().normalize_email((email or "").strip()).lower()

    def get_by_natural_key(self, username):
        """Find a user by e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a login."""

    email = models.EmailField(
        _("e-mail address"), unique=True, error_messages={"unique": _("A user with this e-mail address exists.")}
    )
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=12, default="en")
    is_staff = models.BooleanField(_("works at head office"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # UPPER, because that is what Django compares with for iexact: the constraint's index serves the sign-in too.
            models.UniqueConstraint(
                Upper("email"),
                name="genealogy_user_email_unique",
                violation_error_message=_("A user with this e-mail address exists."),
            ),
        ]
        indexes = [
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="genealogy_user_email_search"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="genealogy_user_name_search"),
        ]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        """The name as the person writes it."""
        return self.name or self.email

    def get_short_name(self):
        """The name to greet the person with: names are not taken apart, since scripts differ."""
        return self.get_full_name()

    def email_user(self, subject, message, from_email=None, **kwargs):
        """Send this person a plain message."""
        send_mail(subject, message, from_email, [self.email], **kwargs)
