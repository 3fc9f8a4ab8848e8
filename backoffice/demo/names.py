"""Names, addresses of mail, telephone numbers and places, for people who do not exist.

Mails are at example.com, telephone numbers in ranges that nobody can be given.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
from mimesis import Gender, Locale, Person

POOL = 700
FAMILY_FIRST = {Locale.JA, Locale.KO, Locale.ZH}

# Which languages the names of a market come from, and how often.
LANGUAGES: dict[str, list[tuple[Locale, float]]] = {
    "us": [(Locale.EN, 0.64), (Locale.ES_MX, 0.2), (Locale.AR_EG, 0.05), (Locale.RU, 0.04), (Locale.ZH, 0.07)],
    "de": [(Locale.DE, 0.74), (Locale.TR, 0.1), (Locale.UK, 0.06), (Locale.PL, 0.06), (Locale.FR, 0.04)],
    "jp": [(Locale.JA, 0.86), (Locale.KO, 0.1), (Locale.EN, 0.04)],
}
PLANTS = (
    "aster", "birch", "clover", "fern", "heather", "iris", "juniper", "larch", "maple", "moss", "olive", "poppy", "reed",
    "sage", "thyme", "willow",
)  # fmt: skip
AREAS = ["205", "212", "303", "312", "404", "415", "503", "512", "602", "617", "702", "808"]
GERMAN_RANGES = ("30 23125", "40 66969", "69 90009", "89 99998", "221 4710")
PLACES = {
    "us": [
        ("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Columbus", "OH", "43215"), ("Denver", "CO", "80202"),
        ("Burlington", "VT", "05401"), ("Tampa", "FL", "33602"), ("Boise", "ID", "83702"), ("Madison", "WI", "53703"),
    ],
    "de": [
        ("Freiburg", "", "79098"), ("Leipzig", "", "04109"), ("Münster", "", "48143"), ("Bremen", "", "28195"),
        ("Kassel", "", "34117"), ("Potsdam", "", "14467"), ("Tübingen", "", "72070"),
    ],
    "jp": [
        ("京都市", "京都府", "600-8001"), ("札幌市", "北海道", "060-0001"), ("金沢市", "石川県", "920-0853"),
        ("福岡市", "福岡県", "810-0001"), ("仙台市", "宮城県", "980-0811"),
    ],
}  # fmt: skip
STREETS = {
    "us": ["Alder Street", "Cedar Lane", "Fern Hill Road", "Garden Avenue", "Meadow Drive", "Orchard Way", "Willow Court"],
    "de": ["Ahornweg", "Birkenallee", "Farnstraße", "Gartenweg", "Lindenstraße", "Mühlgasse", "Wiesenweg"],
    "jp": ["桜町", "緑が丘", "若葉町", "松原", "花園町"],
}


@dataclass(frozen=True)
class Pool:
    """Given and family names of one language."""

    locale: Locale
    given: list[str]
    family: list[str]

    def name(self, given: int, family: int) -> str:
        """Put a name together as its language does."""
        first, last = self.given[given % len(self.given)], self.family[family % len(self.family)]
        return f"{last} {first}" if self.locale in FAMILY_FIRST else f"{first} {last}"


class Namer:
    """Names people of the markets from a seed: the same numbers give the same name."""

    def __init__(self, seed: int):
        self.pools = {code: [self._pool(locale, seed) for locale, _share in languages] for code, languages in LANGUAGES.items()}
        self.shares = {code: np.cumsum([share for _locale, share in languages]) for code, languages in LANGUAGES.items()}

    @staticmethod
    def _pool(locale: Locale, seed: int) -> Pool:
        person = Person(locale, seed=seed)
        women = [person.first_name(gender=Gender.FEMALE) for _nth in range(POOL * 3 // 4)]
        men = [person.first_name(gender=Gender.MALE) for _nth in range(POOL // 4)]
        family = [person.last_name(gender=Gender.FEMALE) for _nth in range(POOL)]
        return Pool(locale, women + men, family)

    def names(self, market: str, draws: np.ndarray) -> list[str]:
        """Name people of a market by three random numbers each, between 0 and 1."""
        pools = self.pools[market]
        which = np.minimum(np.searchsorted(self.shares[market], draws[:, 0]), len(pools) - 1).tolist()
        given, family = (draws[:, 1] * POOL).astype(int).tolist(), (draws[:, 2] * POOL).astype(int).tolist()
        return [pools[pool].name(one, other) for pool, one, other in zip(which, given, family, strict=True)]


def plain(name: str, number: int) -> str:
    """Write a name in small Latin letters and hyphens; a plant stands in for a name in another script.

    >>> plain("Jörg Groß", 3), plain("山田 花子", 3)
    ('jorg-gross', 'heather')
    """
    letters = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("ł", "l").replace("ı", "i"))
    kept = "".join(sign if sign.isalnum() and sign.isascii() else "-" if sign in " -'" else "" for sign in letters)
    words = [word for word in kept.split("-") if word]
    return "-".join(words)[:28] if len(words) > 1 else PLANTS[(number + 1) % len(PLANTS)]


def phone(market: str, number: int) -> str:
    """Return a telephone number that nobody has: ranges kept free for films, or that no exchange hands out."""
    if market == "us":
        return f"+1 {AREAS[number // 100 % len(AREAS)]}-555-01{number % 100:02d}"
    if market == "de":
        return f"+49 {GERMAN_RANGES[number // 1000 % len(GERMAN_RANGES)]} {number % 1000:03d}"
    return f"+81 3-0000-{number % 10_000:04d}"


def address(market: str, number: int) -> tuple[str, str, str, str]:
    """Return street, postal code, city and region."""
    city, region, code = PLACES[market][number % len(PLACES[market])]
    street, house = STREETS[market][number // 7 % len(STREETS[market])], 1 + number * 37 % 180
    if market == "us":
        return f"{house} {street}", code, city, region
    if market == "de":
        return f"{street} {house}", code, city, region
    return f"{street}{1 + house % 9}-{1 + house % 30}", code, city, region
