"""Postal addresses as each country writes them: which fields, in which order, what they are called, what is required."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

US_STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|"
    "FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|"
    "MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|"
    "NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|"
    "PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|"
    "VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"
)
JP_PREFECTURES = (
    "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 "
    "東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 "
    "滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 "
    "香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県"
)


@dataclass(frozen=True)
class Format:
    """How a country writes addresses. ``rows`` are the fields in order, those of one row side by side."""

    rows: tuple[tuple[str, ...], ...]
    postal_label: str | Promise = gettext_lazy("Postal code")
    postal_pattern: str = ""
    postal_example: str = ""
    postal_required: bool = True
    region_label: str | Promise = gettext_lazy("State or region")
    region_required: bool = False
    regions: tuple[tuple[str, str], ...] = ()
    city_label: str | Promise = gettext_lazy("City")
    street_label: str | Promise = gettext_lazy("Street and number")
    street_more_label: str | Promise = gettext_lazy("Flat, floor, company")

    @property
    def fields(self):
        """The fields in order."""
        return [name for row in self.rows for name in row]


ELSEWHERE = Format(rows=(("street",), ("street_more",), ("postal_code", "city"), ("region",)), postal_required=False)

FORMATS = {
    "US": Format(
        rows=(("street",), ("street_more",), ("city",), ("region", "postal_code")),
        postal_label=gettext_lazy("ZIP code"),
        postal_pattern=r"\d{5}(-\d{4})?",
        postal_example="97205",
        region_label=gettext_lazy("State"),
        region_required=True,
        regions=tuple((line[:2], line[3:]) for line in US_STATES.split("|")),
        street_label=gettext_lazy("Street address"),
        street_more_label=gettext_lazy("Apartment, suite"),
    ),
    "DE": Format(
        rows=(("street",), ("street_more",), ("postal_code", "city")),
        postal_pattern=r"\d{5}",
        postal_example="10115",
    ),
    "JP": Format(
        rows=(("postal_code", "region"), ("city",), ("street",), ("street_more",)),
        postal_pattern=r"\d{3}-?\d{4}",
        postal_example="150-0001",
        region_label=gettext_lazy("Prefecture"),
        region_required=True,
        regions=tuple((name, name) for name in JP_PREFECTURES.split()),
        city_label=gettext_lazy("City and ward"),
        street_label=gettext_lazy("District and number"),
        street_more_label=gettext_lazy("Building and room"),
    ),
}


def format_of(country):
    """Return how a country writes addresses; one that we do not know asks for little and refuses nothing."""
    return FORMATS.get(country, ELSEWHERE)


def tidy_postal_code(country, text):
    """Return a postal code as its country writes it, or None when it cannot be one.

    >>> tidy_postal_code("JP", "1500001"), tidy_postal_code("US", " 97205 "), tidy_postal_code("DE", "1011")
    ('150-0001', '97205', None)
    """
    shape = format_of(country)
    code = text.strip().upper()
    if shape.postal_pattern and not re.fullmatch(shape.postal_pattern, code, re.ASCII):
        return None
    if country == "JP" and len(code) == 7:
        return f"{code[:3]}-{code[3:]}"
    return code


def lines(order):
    """Return the address of an order as it stands on the parcel, line by line."""
    place = {
        "US": f"{order.city}, {order.region} {order.postal_code}",
        "DE": f"{order.postal_code} {order.city}",
    }
    if order.country == "JP":
        return [f"〒{order.postal_code}", f"{order.region}{order.city}", order.street, *_given(order.street_more), order.name]
    last = place.get(order.country) or " ".join(_given(order.postal_code, order.city, order.region))
    return [order.name, order.street, *_given(order.street_more), last.strip()]


def _given(*texts):
    return [text for text in texts if text]


def postal_example(country):
    """Say what a postal code looks like there, for the message beside the field."""
    example = format_of(country).postal_example
    return _("It looks like %(example)s.") % {"example": example} if example else ""
