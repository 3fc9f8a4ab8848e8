"""A link in a mail that signs its reader in, from whatever device they read their mail on.

The token names a user and is signed. It works for a few minutes, once: it carries a digest of what the next sign-in or
a new password changes. Nothing is stored. Opening the link only shows a button, since mail scanners open links too.
"""

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from genealogy.models import User

SALT = "genealogy.magic_links"
SECONDS = 15 * 60


def token_for(user):
    """Return a token that signs this user in, once, within a quarter of an hour."""
    return signing.dumps([user.pk, _state(user)], salt=SALT, compress=False)


def user_of(token):
    """Return the user a token was made for, or None when it is forged, too old or used up."""
    try:
        pk, state = signing.loads(token, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    return user if user and constant_time_compare(state, _state(user)) else None


def _state(user):
    moment = user.last_login.isoformat() if user.last_login else ""
    return salted_hmac(SALT, f"{user.pk}|{moment}|{user.password}|{user.email}").hexdigest()[:32]
