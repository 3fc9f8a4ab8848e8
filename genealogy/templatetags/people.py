"""How a person's name is shown where there is no picture: initials on a tone of their own."""

from unicodedata import category, name
from zlib import crc32

from django import template

register = template.Library()

TONES = 8
# Scripts without spaces or capitals: the first character says the family name.
WHOLE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


@register.filter
def initials(full_name):
    """Shorten a name to at most two letters, in any script.

    >>> initials("Ana Ruiz"), initials("Örjan van der Meer"), initials("佐藤 花"), initials("Cher"), initials("")
    ('AR', 'ÖM', '佐', 'C', '·')
    """
    words = [word for word in str(full_name or "").split() if category(word[0]).startswith("L")]
    if not words:
        return "·"
    first = words[0][0]
    if name(first, "").startswith(WHOLE) or name(first, "").startswith("ARABIC") or len(words) == 1:
        return first.upper()
    return (first + words[-1][0]).upper()


@register.filter
def tone(full_name):
    """Give a name one of eight tones, the same one every time."""
    return crc32(str(full_name or "").encode()) % TONES


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent):
    """Name the browser and the machine that a session came from, as well as its own words tell.

    >>> device("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604.1")
    'Safari, iPhone'
    >>> device("curl/8.0")
    'curl/8.0'
    """
    text = str(user_agent or "")
    found = [next((name for sign, name in signs if sign in text), "") for signs in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found)) or text[:40] or "?"
