"""Vessels. Each stands with the middle of its foot at the origin and rises into negative y; light falls from the left."""

from dataclasses import dataclass

from backoffice.demo.art.colour import oklch

INK, CREAM = oklch(0.25, 0.015, 150), oklch(0.965, 0.012, 95)

# A glaze: lightness, chroma, hue, how words are put on it (paper, ink or foil), and how much it shines.
GLAZES = {
    "frost": (0.905, 0.018, 150, "ink", 0.5),
    "amber": (0.47, 0.1, 58, "paper", 0.75),
    "milk": (0.955, 0.008, 90, "ink", 0.35),
    "green": (0.4, 0.05, 158, "paper", 0.7),
    "steel": (0.8, 0.006, 220, "ink", 0.6),
    "clear": (0.9, 0.014, 200, "paper", 0.8),
    "plum": (0.35, 0.06, 345, "paper", 0.7),
    "moss": (0.66, 0.07, 122, "paper", 0.15),
    "kraft": (0.77, 0.055, 74, "ink", 0.12),
    "blush": (0.87, 0.045, 28, "ink", 0.4),
    "ink": (0.34, 0.04, 285, "foil", 0.2),
    "rust": (0.53, 0.115, 44, "foil", 0.2),
    "sage": (0.8, 0.038, 138, "ink", 0.12),
    "smoke": (0.36, 0.012, 70, "paper", 0.75),
    "leaf": (0.46, 0.065, 148, "paper", 0.7),
}
CAPS = {
    "dark": (0.27, 0.01, 150, "", 0.45),
    "brass": (0.73, 0.075, 82, "", 0.8),
    "wood": (0.66, 0.06, 66, "", 0.1),
    "steel": (0.8, 0.006, 220, "", 0.8),
}


@dataclass(frozen=True)
class Face:
    """Where the words go: the middle, the top, the size, and how they are put on."""

    x: float
    top: float
    wide: float
    high: float
    print: str
    round: bool = True


@dataclass(frozen=True)
class Vessel:
    """A drawn vessel: its marks, its definitions, its face and how wide it stands."""

    marks: str
    defs: str
    face: Face
    foot: float
    high: float


def shade(name, glaze):
    """A gradient across something round: lit from the left, reflecting a little on the right."""
    light, chroma, hue, _, gloss = glaze
    steps = ((0, -0.1), (0.1, 0.02), (0.24, 0.05 + 0.05 * gloss), (0.5, 0.0), (0.82, -0.085), (0.94, -0.1), (1, -0.045))
    stops = "".join(
        f'<stop offset="{at}" stop-color="{oklch(min(0.99, max(0.08, light + by)), chroma, hue)}"/>' for at, by in steps
    )
    return f'<linearGradient id="{name}">{stops}</linearGradient>'


def tone(glaze, by=0.0):
    """The plain colour of a glaze, lighter or darker by an amount."""
    light, chroma, hue, _, _ = glaze
    return oklch(min(0.99, max(0.06, light + by)), chroma, hue)


def tube_of(left, top, wide, high, fill, lip=0.045, top_fill=None):
    """A cylinder seen from slightly above."""
    r = wide * lip
    body = f'<path d="M{left} {top}v{high}a{wide / 2} {r} 0 0 0 {wide} 0v{-high}Z" fill="{fill}"/>'
    return body + f'<ellipse cx="{left + wide / 2}" cy="{top}" rx="{wide / 2}" ry="{r}" fill="{top_fill or fill}"/>'


def shine(x, top, wide, high, strength):
    """A window reflected in glass."""
    return f'<rect x="{x}" y="{top}" width="{wide}" height="{high}" rx="{wide / 2}" fill="#fff" opacity="{strength}"/>'


def ribs(left, top, wide, high, count=14):
    """Fine grooves of a cap."""
    lines = "".join(f"M{left + wide * (n + 0.5) / count:.1f} {top}v{high}" for n in range(count))
    return f'<path d="{lines}" stroke="#000" stroke-opacity=".12" stroke-width="2"/>'


def shouldered(wide, high, neck, shoulder, curve=34):
    """The outline of a bottle: foot, sides, shoulder, neck."""
    w, n = wide / 2, neck / 2
    return (
        f"M{-n} {-high - shoulder}C{-n} {-high - shoulder * 0.35:.1f} {-w} {-high - shoulder * 0.45:.1f} {-w} {-high + curve}V-16"
        f"C{-w} 6 {-w * 0.8:.1f} 12 0 12S{w} 6 {w} -16V{-high + curve}C{w} {-high - shoulder * 0.45:.1f} {n} {-high - shoulder * 0.35:.1f} {n} {-high - shoulder}Z"
    )


def flacon(glaze, wide, high, neck, shoulder):
    """A bottle without its top, and what its shine needs."""
    gloss = glaze[4]
    marks = f'<path d="{shouldered(wide, high, neck, shoulder)}" fill="url(#body)"/>'
    marks += shine(-wide / 2 + 17, -high + 26, 11, high - 70, 0.34 * gloss) + shine(
        wide / 2 - 19, -high + 40, 5, high - 110, 0.22 * gloss
    )
    return (
        marks
        + f'<path d="M{-wide / 2 + 14} -10C{-wide / 4} 2 {wide / 4} 2 {wide / 2 - 14} -10" fill="none" stroke="#fff" stroke-opacity="{0.28 * gloss:.2f}" stroke-width="3"/>'
    )


def _defs(glaze, cap="dark"):
    return shade("body", glaze) + shade("cap", CAPS[cap])


def dropper(glaze, wide=196, high=300):
    marks = flacon(glaze, wide, high, 74, 46)
    top = -high - 46
    marks += f'<rect x="-45" y="{top - 60}" width="90" height="66" rx="7" fill="url(#cap)"/>' + ribs(-45, top - 58, 90, 62)
    marks += f'<path d="M-31 {top - 58}v-46c0-66 8-104 31-104s31 38 31 104v46Z" fill="url(#bulb)"/>'
    bulb = shade("bulb", (0.32, 0.008, 150, "", 0.3))
    return Vessel(marks, _defs(glaze, "brass") + bulb, Face(0, -high + 66, wide - 34, high - 106, glaze[3]), wide, high + 250)


def slim(glaze):
    return dropper(glaze, 150, 330)


def pump(glaze):
    wide, high = 212, 370
    marks = flacon(glaze, wide, high, 84, 40)
    top = -high - 40
    marks += f'<rect x="-50" y="{top - 46}" width="100" height="52" rx="6" fill="url(#cap)"/>' + ribs(-50, top - 44, 100, 48)
    marks += f'<rect x="-13" y="{top - 104}" width="26" height="62" fill="url(#cap)"/>'
    marks += (
        f'<path d="M-52 {top - 130}q0-12 12-12h74q10 0 22 6l62 30q8 5 4 16l-4 10h-20l-36-20h-102q-12 0-12-12Z" fill="url(#cap)"/>'
    )
    return Vessel(marks, _defs(glaze), Face(0, -high + 84, wide - 40, high - 130, glaze[3]), wide, high + 190)


def bottle(glaze):
    wide, high = 204, 360
    marks = flacon(glaze, wide, high, 80, 62)
    top = -high - 62
    marks += f'<rect x="-50" y="{top - 78}" width="100" height="86" rx="8" fill="url(#cap)"/><ellipse cx="0" cy="{top - 76}" rx="46" ry="6" fill="#fff" opacity=".1"/>'
    return Vessel(marks, _defs(glaze), Face(0, -high + 74, wide - 36, high - 118, glaze[3]), wide, high + 150)


def flask(glaze):
    wide, high = 214, 280
    marks = flacon(glaze, wide, high, 66, 150)
    top = -high - 150
    marks += f'<rect x="-38" y="{top - 12}" width="76" height="26" rx="8" fill="url(#body)"/>'
    marks += f'<path d="M-29 {top - 10}l-3-52q0-10 10-10h44q10 0 10 10l-3 52Z" fill="url(#cap)"/>'
    return Vessel(marks, _defs(glaze, "wood"), Face(0, -high + 56, wide - 34, high - 100, glaze[3]), wide, high + 250)


def spray(glaze):
    wide, high = 198, 330
    marks = flacon(glaze, wide, high, 78, 44)
    top = -high - 44
    marks += f'<rect x="-46" y="{top - 40}" width="92" height="46" rx="6" fill="url(#cap)"/><rect x="-34" y="{top - 96}" width="68" height="58" rx="10" fill="url(#cap)"/><circle cx="-20" cy="{top - 70}" r="5" fill="#000" opacity=".4"/>'
    return Vessel(marks, _defs(glaze, "brass"), Face(0, -high + 70, wide - 36, high - 112, glaze[3]), wide, high + 150)


def diffuser(glaze):
    wide, high = 236, 230
    reeds = "".join(
        f'<path d="M{x * 0.18:.0f} {-high - 40}L{x} {-high - 380 + abs(x) * 0.45:.0f}" stroke="{oklch(0.72 - 0.03 * (n % 3), 0.055, 72)}" stroke-width="6.5" stroke-linecap="round"/>'
        for n, x in enumerate((-150, -96, -48, 6, 52, 104, 156))
    )
    marks = reeds + flacon(glaze, wide, high, 76, 70)
    top = -high - 70
    marks += f'<rect x="-46" y="{top - 24}" width="92" height="36" rx="6" fill="url(#cap)"/>'
    return Vessel(marks, _defs(glaze, "brass"), Face(0, -high + 48, wide - 44, high - 84, glaze[3]), wide, high + 240)


def jar(glaze):
    wide, high = 300, 176
    marks = tube_of(-wide / 2, -high, wide, high - 10, "url(#body)", 0.05)
    marks += shine(-wide / 2 + 18, -high + 22, 10, high - 70, 0.3 * glaze[4])
    marks += tube_of(-wide / 2 - 5, -high - 78, wide + 10, 80, "url(#cap)", 0.05, tone(CAPS["wood"], 0.06))
    return Vessel(marks, _defs(glaze, "wood"), Face(0, -high + 24, wide - 70, high - 44, glaze[3], round=False), wide, high + 90)


def tub(glaze):
    wide, high = 256, 330
    marks = tube_of(-wide / 2, -high, wide, high - 10, "url(#body)", 0.05)
    marks += shine(-wide / 2 + 18, -high + 30, 11, high - 90, 0.3 * glaze[4])
    marks += tube_of(-wide / 2 - 3, -high - 62, wide + 6, 62, "url(#cap)", 0.05, tone(CAPS["wood"], 0.06))
    return Vessel(marks, _defs(glaze, "wood"), Face(0, -high + 50, wide - 44, high - 100, glaze[3]), wide, high + 80)


def caddy(glaze):
    wide, high = 240, 300
    marks = tube_of(-wide / 2, -high, wide, high - 10, "url(#body)", 0.05)
    marks += tube_of(-wide / 2 - 2, -high - 96, wide + 4, 98, "url(#body)", 0.05, tone(glaze, 0.09))
    marks += f'<path d="M{-wide / 2 - 2} {-high + 2}a{wide / 2 + 2} 12 0 0 0 {wide + 4} 0" fill="none" stroke="{tone(CAPS["brass"])}" stroke-width="4"/>'
    marks += shine(-wide / 2 + 20, -high - 70, 9, 60, 0.2) + shine(-wide / 2 + 20, -high + 30, 9, high - 90, 0.2)
    return Vessel(marks, _defs(glaze), Face(0, -high + 46, wide - 38, high - 92, glaze[3]), wide, high + 110)


def tin(glaze):
    wide, high = 320, 84
    lid = f'<g transform="translate(74 -150) rotate(14)"><ellipse rx="128" ry="132" fill="{tone(glaze, -0.14)}"/><ellipse cx="-7" cy="-5" rx="128" ry="132" fill="url(#body)"/><ellipse cx="-7" cy="-5" rx="106" ry="110" fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="3"/></g>'
    balm = oklch(0.8, 0.055, 232)
    marks = lid + tube_of(-wide / 2 - 60, -high, wide, high - 12, "url(#body)", 0.1)
    marks += f'<ellipse cx="-60" cy="{-high}" rx="{wide / 2 - 8}" ry="26" fill="{tone(glaze, -0.2)}"/><ellipse cx="-60" cy="{-high + 4}" rx="{wide / 2 - 14}" ry="22" fill="{balm}"/>'
    marks += f'<path d="M-150 {-high + 2}c40-14 70 10 120-6" fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="5" stroke-linecap="round"/>'
    return Vessel(marks, _defs(glaze), Face(66, -222, 190, 150, "ink", round=False), wide + 60, 300)


def tube(glaze):
    marks = f'<path d="M-104 -520H104L84 -84H-84Z" fill="url(#body)"/><path d="M-106 -548H106V-516H-106Z" fill="{tone(glaze, -0.05)}"/>'
    marks += "".join(f'<path d="M{x} -546v28" stroke="#000" stroke-opacity=".1" stroke-width="3"/>' for x in range(-98, 100, 14))
    marks += '<path d="M-84 -500L-70 -110" stroke="#fff" stroke-opacity=".45" stroke-width="10" stroke-linecap="round"/>'
    marks += '<path d="M-84 -86H84V-76Q84 -70 78 -70H-78Q-84 -70 -84 -76Z" fill="url(#body)"/>'
    marks += tube_of(-74, -72, 148, 74, "url(#cap)", 0.05) + ribs(-74, -66, 148, 66, 18)
    return Vessel(marks, _defs(glaze), Face(0, -452, 150, 290, glaze[3]), 170, 548)


def pouch(glaze):
    marks = '<path d="M-140 -470C-132 -300 -150 -120 -146 -8Q-146 8 -128 8H128Q146 8 146 -8C150 -120 132 -300 140 -470Z" fill="url(#body)"/>'
    marks += f'<path d="M-142 -512H142V-468H-142Z" fill="{tone(glaze, -0.04)}"/><path d="M-142 -482H142" stroke="#000" stroke-opacity=".16" stroke-width="3" stroke-dasharray="2 8"/>'
    marks += '<path d="M-146 -8Q0 -64 146 -8Q146 8 128 8H-128Q-146 8 -146 -8Z" fill="#000" opacity=".07"/><path d="M-118 -440C-110 -300 -126 -160 -122 -60" stroke="#fff" stroke-opacity=".3" stroke-width="9" fill="none" stroke-linecap="round"/>'
    return Vessel(marks, _defs(glaze), Face(0, -400, 196, 310, glaze[3]), 292, 512)


def box(left, wide, high, glaze, deep=56, rise=22):
    """A carton with its right side in the shade and its top in the light."""
    right = left + wide
    front = f'<rect x="{left}" y="{-high}" width="{wide}" height="{high + 6}" fill="{tone(glaze)}"/>'
    side = f'<path d="M{right} 6V{-high}l{deep} {-rise}V{6 - rise - 10}Z" fill="{tone(glaze, -0.09)}"/>'
    lid = f'<path d="M{left} {-high}l{deep} {-rise}h{wide}l{-deep} {rise}Z" fill="{tone(glaze, 0.07)}"/>'
    return side + lid + front


def teabox(glaze):
    marks = (
        box(-140, 244, 400, glaze)
        + '<path d="M-140 -330H104" stroke="#000" stroke-opacity=".14" stroke-width="2"/><path d="M104 -330l56 -20" stroke="#000" stroke-opacity=".14" stroke-width="2"/>'
    )
    return Vessel(marks, _defs(glaze), Face(-18, -310, 196, 266, glaze[3]), 300, 420)


def soap(glaze):
    bar = '<path d="M-160 -30q0 -16 14 -18l34 -84q4 -14 22 -14h236q16 0 20 12l30 86q4 10 4 20v24q0 18 -20 18H-140q-20 0 -20 -18Z" fill="url(#body)"/>'
    bar += f'<path d="M-112 -132q4 -14 22 -14h236q16 0 20 12l30 86H-146Z" fill="{tone(glaze, 0.07)}"/>'
    band = f'<path d="M-60 -146H112L132 -48V14H-86V-48Z" fill="{CREAM}"/><path d="M-86 -48H132V14H-86Z" fill="{oklch(0.9, 0.014, 95)}"/>'
    under = f'<g transform="translate(-26 -168) rotate(-3)"><rect x="-150" y="-64" width="330" height="70" rx="18" fill="{tone(glaze, -0.06)}"/><rect x="-150" y="-78" width="330" height="62" rx="18" fill="{tone(glaze, 0.05)}"/></g>'
    return Vessel(under + bar + band, _defs(glaze), Face(24, -141, 150, 92, "ink", round=False), 380, 250)


def candle(glaze):
    wide, high = 256, 290
    wax = oklch(0.95, 0.02, 85)
    marks = f'<path d="M{-wide / 2} {-high}V-20Q{-wide / 2} 12 {-wide / 2 + 34} 12H{wide / 2 - 34}Q{wide / 2} 12 {wide / 2} -20V{-high}Z" fill="url(#body)"/>'
    marks += f'<ellipse cx="0" cy="{-high}" rx="{wide / 2}" ry="18" fill="{tone(glaze, -0.08)}"/><ellipse cx="0" cy="{-high + 7}" rx="{wide / 2 - 9}" ry="13" fill="{wax}"/><ellipse cx="0" cy="{-high + 7}" rx="46" ry="6" fill="{oklch(0.98, 0.04, 92)}"/>'
    marks += f'<path d="M0 {-high + 8}v-24" stroke="{INK}" stroke-width="4" stroke-linecap="round"/>'
    flame = f'<ellipse cx="0" cy="{-high - 46}" rx="74" ry="86" fill="url(#glow)"/><path d="M0 {-high - 88}c16 26 20 40 20 52a20 22 0 0 1-40 0c0-12 8-26 20-52Z" fill="{oklch(0.88, 0.13, 82)}"/><path d="M0 {-high - 58}c8 14 10 20 10 26a10 12 0 0 1-20 0c0-6 4-14 10-26Z" fill="{oklch(0.97, 0.06, 95)}"/>'
    marks += (
        flame
        + shine(-wide / 2 + 18, -high + 34, 11, high - 90, 0.34 * glaze[4])
        + shine(wide / 2 - 22, -high + 44, 5, high - 110, 0.2 * glaze[4])
    )
    glow = f'<radialGradient id="glow"><stop offset="0" stop-color="{oklch(0.93, 0.1, 85)}" stop-opacity=".75"/><stop offset="1" stop-color="{oklch(0.93, 0.1, 85)}" stop-opacity="0"/></radialGradient>'
    return Vessel(marks, _defs(glaze) + glow, Face(0, -high + 66, wide - 76, high - 110, glaze[3]), wide, high + 90)


VESSELS = {
    vessel.__name__: vessel
    for vessel in (dropper, slim, pump, bottle, flask, spray, diffuser, jar, tub, caddy, tin, tube, pouch, teabox, soap, candle)
}
