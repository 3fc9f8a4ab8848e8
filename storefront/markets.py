"""Markets, as a visitor meets them: the one that was chosen, else the one that the browser suggests, else the first."""

from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from genealogy.models import Market
from storefront.refusal import Refusal

COOKIE = "market"
COOKIE_SECONDS = 365 * 24 * 3600


def offered():
    """Return the markets that are open, in the company's order."""
    return list(Market.objects.filter(is_open=True))


def for_visitor(markets, *, chosen="", home=None, accept_language=""):
    """Decide which of the open markets a visitor is in; None when the company has none open.

    ``home`` is the id of the market that a signed-in person belongs to.
    """
    if not markets:
        return None
    for market in markets:
        if market.code == chosen:
            return market
    for market in markets:
        if market.pk == home:
            return market
    return _by_language(markets, accept_language) or markets[0]


def _by_language(markets, accept_language):
    """Match the browser's languages in their order: a country in a tag (en-US) says more than the language (de)."""
    tags = [tag.lower() for tag, _weight in parse_accept_lang_header(accept_language)]
    for tag in tags:
        language, _dash, country = tag.partition("-")
        for market in markets:
            if country.upper() == market.country:
                return market
        for market in markets:
            if language == market.language.split("-")[0].lower() and language != "en":
                return market
    return None


def choose(code):
    """Return the open market with this code, or refuse by name."""
    market = Market.objects.filter(code=code, is_open=True).first()
    if market is None:
        raise Refusal(_("We have no shop called “%(code)s”. Please choose one from the list.") % {"code": code}, code="market")
    return market
