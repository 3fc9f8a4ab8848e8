"""The picture of one product: a wall and a ledge in its hue, window light, a plant, the vessel, and its label."""

import re
from math import sin

from backoffice.demo.art import letters
from backoffice.demo.art.colour import oklch
from backoffice.demo.art.garden import GARDEN
from backoffice.demo.art.vessels import CREAM, GLAZES, INK, VESSELS, Face, Vessel, box, tone

WIDE, HIGH, FLOOR = 800, 1000, 838
MARK = (
    "M13 29.5C12.4 22 13 16 15.6 10.6 17.4 7 20.9 4.2 24.2 5.6c2.9 1.3 3 5.2.4 6.3-1.9.8-3.7-.6-3.4-2.4"
    "M13.1 23.6c-3-.2-5.4-1.5-7.1-4.1M14 17.4c-2.8-.6-4.7-2-5.9-4.5M16.2 11.8c-2-.9-3.2-2.3-3.8-4.3M13.1 23.6c2.6-1.2 5.4-1.2 8.1.1M14.1 17.6c2-1.3 4.2-1.7 6.6-1"
)
# What stands in the two boxes: vessel, glaze, name, size of the whole, and place beside the middle.
STARTER = (
    ("pump", "frost", "Cleansing Milk", 0.66, 38),
    ("dropper", "amber", "Night Oil", 0.6, 164),
    ("tube", "blush", "Hand Cream", 0.58, 272),
    ("jar", "milk", "Day Cream", 0.6, -136),
    ("candle", "smoke", "Cedar Hollow", 0.6, -286),
)
STILL = (
    ("caddy", "green", "First Light", 0.92, 330),
    ("pump", "frost", "Cleansing Milk", 1.0, 560),
    ("dropper", "amber", "Night Oil", 0.86, 770),
    ("candle", "smoke", "Cedar Hollow", 0.82, 985),
)
EVENING = (("candle", "smoke", "Cedar Hollow", 0.62, 148), ("teabox", "ink", "Evening Fern", 0.62, -110))


def draw(product):
    """Draw a product of the catalogue as an SVG document."""
    art = product["art"]
    words = re.sub(r"^Fernhollow ", "", product["name"])
    order = int(product["sku"][-2:]) + int(product["sku"][3]) * 3
    if art["vessel"] == "set":
        defs, things = _many(STARTER, None)
    elif art["vessel"] == "gift":
        defs, things = _many(EVENING, "ribbon")
    else:
        vessel = VESSELS[art["vessel"]](GLAZES[art["glaze"]])
        scale = min(1.3, (640 if vessel.foot < 280 else 545) / vessel.high)
        defs, things = vessel.defs, _standing(vessel, _label(vessel.face, words, product["size"]), 400, scale)
    plant = GARDEN[art["plant"]]()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}"><defs>{_filters(art["hue"])}{defs}'
        f'<g id="plant">{plant}</g></defs>{_room(art["hue"], order)}{_planted(art["hue"], order)}{things}</svg>\n'
    )


def _filters(hue):
    soft = "".join(
        f'<filter id="soft{n}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="{n}"/></filter>'
        for n in (10, 26)
    )
    wall = f'<linearGradient id="wall" x2=".6" y2="1"><stop offset="0" stop-color="{oklch(0.95, 0.012, hue)}"/><stop offset="1" stop-color="{oklch(0.905, 0.018, hue)}"/></linearGradient>'
    ledge = f'<linearGradient id="ledge" x2="0" y2="1"><stop offset="0" stop-color="{oklch(0.915, 0.016, hue)}"/><stop offset="1" stop-color="{oklch(0.865, 0.022, hue)}"/></linearGradient>'
    grey = oklch(0.72, 0.025, hue)
    red, green, blue = (int(grey[i : i + 2], 16) / 255 for i in (1, 3, 5))
    matrix = f"0 0 0 0 {red:.3f} 0 0 0 0 {green:.3f} 0 0 0 0 {blue:.3f} 0 0 0 .55 0"
    cast = f'<filter id="cast" x="-20%" y="-20%" width="140%" height="140%" color-interpolation-filters="sRGB"><feColorMatrix values="{matrix}"/><feGaussianBlur stdDeviation="9"/></filter>'
    return soft + wall + ledge + cast


def _room(hue, order):
    shapes = (
        f'<circle cx="400" cy="430" r="330" fill="{oklch(0.972, 0.009, hue)}" opacity=".8"/>',
        f'<path d="M150 760V400a250 250 0 0 1 500 0v360Z" fill="{oklch(0.972, 0.009, hue)}" opacity=".75"/>',
        f'<g filter="url(#soft26)" opacity=".75"><path d="M-40 60L420 -60V560L-40 740Z M470 -80L640 -130V470L470 530Z" fill="{oklch(0.98, 0.008, hue)}"/></g>',
    )
    return f'<rect width="{WIDE}" height="{HIGH}" fill="url(#wall)"/>{shapes[order % 3]}<path d="M0 752H{WIDE}V{HIGH}H0Z" fill="url(#ledge)"/><path d="M0 752H{WIDE}" stroke="#fff" stroke-opacity=".35" stroke-width="2"/>'


def _planted(hue, order):
    side = -1 if order % 2 else 1
    x, lean = 400 + side * 74, side * 5 + 2 * sin(order)
    place = f'transform="translate({x} 800) rotate({lean:.1f}) scale({side * 1.02:.2f} 1.02)"'
    return f'<g transform="translate(46 18)" filter="url(#cast)"><use href="#plant" {place}/></g><use href="#plant" {place}/>'


def _standing(vessel: Vessel, label, x, scale, floor=FLOOR):
    foot = vessel.foot
    ground = (
        f'<path d="M{-foot * 0.44:.0f} 4L{foot * 0.5:.0f} 4L{foot * 1.35:.0f} -34L{foot * 0.55:.0f} -40Z" fill="#000" opacity=".2" filter="url(#soft10)"/>'
        f'<ellipse cx="6" cy="8" rx="{foot * 0.54:.0f}" ry="13" fill="#000" opacity=".3" filter="url(#soft10)"/>'
    )
    return f'<g transform="translate({x} {floor}) scale({scale:.3f})">{ground}{vessel.marks}{label}</g>'


def _label(face: Face, words, size):
    fill = CREAM if face.print == "foil" else INK
    marks = []
    if face.print == "paper":
        fill = INK
        marks.append(
            f'<rect x="{face.x - face.wide / 2}" y="{face.top}" width="{face.wide}" height="{face.high}" rx="3" fill="{CREAM}"/>'
        )
    room, tall = face.wide - 26, face.high
    big = 40.0
    lines = letters.wrap(words, big, room)
    while big > 15 and (len(lines) * big * 1.12 > tall * 0.44 or max(letters.width(line, big) for line in lines) > room):
        big -= 1
        lines = letters.wrap(words, big, room)
    mark = min(54.0, tall * 0.2)
    block = len(lines) * big * 1.1
    loose = tall > 150
    top = face.top + (tall * 0.09 if loose else tall * 0.06)
    marks.append(
        f'<path transform="translate({face.x - mark * 0.47:.1f} {top:.1f}) scale({mark / 32:.3f})" d="{MARK}" fill="none" stroke="{fill}" stroke-width="1.9" stroke-linecap="round"/>'
    )
    first = top + mark + (tall - mark - block - tall * 0.3) * 0.42 + big * 0.8 if loose else face.top + tall * 0.3 + big
    marks += [letters.line(line, face.x, first + n * big * 1.1, big, fill) for n, line in enumerate(lines)]
    if loose:
        foot = face.top + tall - tall * 0.075
        marks.append(f'<path d="M{face.x - 15} {foot - 31:.1f}h30" stroke="{fill}" stroke-width="1.2"/>')
        marks.append(letters.line(size, face.x, foot, 17, fill, 40))
    if face.print == "paper" and face.round:
        marks.append(
            f'<rect x="{face.x - face.wide / 2}" y="{face.top}" width="{face.wide}" height="{face.high}" rx="3" fill="url(#paper)"/>'
        )
    return PAPER + "".join(marks)


def still_life():
    """The large picture of the home page and the entrance: four vessels, three plants, one window."""
    hue, defs, things = 118, [], []
    for index, (kind, name, words, scale, x) in enumerate(STILL):
        vessel = VESSELS[kind](GLAZES[name])
        marks = _standing(vessel, _label(vessel.face, words, "Fernhollow"), x, scale, 1010 + (index % 2) * 26)
        defs.append(_owned(vessel.defs, index))
        things.append(_owned(marks, index))
    wall = f'<rect width="1200" height="1200" fill="url(#wall)"/><g filter="url(#soft26)"><path d="M80 -40L560 -160V700L80 900ZM640 -180L860 -240V600L640 690Z" fill="{oklch(0.98, 0.008, hue)}" opacity=".8"/></g>'
    ledge = '<path d="M0 930H1200V1200H0Z" fill="url(#ledge)"/><path d="M0 930H1200" stroke="#fff" stroke-opacity=".35" stroke-width="2"/>'
    plants = []
    for index, (name, x, turn, size) in enumerate((("willow", 250, -10, 1.1), ("linden", 900, 12, 1.05), ("fern", 590, 3, 1.2))):
        defs.append(f'<g id="plant{index}">{GARDEN[name]()}</g>')
        place = f'<use href="#plant{index}" transform="translate({x} 985) rotate({turn}) scale({size})"/>'
        plants.append(f'<g transform="translate(58 22)" filter="url(#cast)">{place}</g>{place}')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1200" preserveAspectRatio="xMidYMax slice"><defs>{_filters(hue)}{"".join(defs)}</defs>'
        f"{wall}{ledge}{''.join(plants)}{''.join(things)}</svg>\n"
    )


def _owned(marks, index):
    """Name gradients for their owner, so that vessels in one picture keep their own colours."""
    return re.sub(r'(url\(#|id=")(body|cap|bulb|glow)', rf"\g<1>\g<2>{index}", marks)


PAPER = (
    '<linearGradient id="paper"><stop offset="0" stop-color="#000" stop-opacity=".13"/><stop offset=".22" stop-color="#fff" stop-opacity=".12"/>'
    '<stop offset=".6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".15"/></linearGradient>'
)


def _many(contents, tie):
    """Several vessels before and upon the box they come in; every gradient is named for its owner."""
    defs, things = [], []
    glaze = GLAZES["green" if tie is None else "kraft"]
    carton = box(-250, 440, 400 if tie is None else 190, glaze, 70, 26)
    face = Face(-146, -392, 190, 200, "foil") if tie is None else Face(-20, -150, 240, 120, "ink", round=False)
    words = (
        _label(face, "Starter Pack", "Seven things")
        if tie is None
        else f'<path d="M-20 -190V6" stroke="{tone(GLAZES["ink"])}" stroke-width="26"/><path d="M-20 -190l70 -26" stroke="{tone(GLAZES["ink"])}" stroke-width="26"/>'
    )
    behind = Vessel(carton, "", face, 560, 380)
    things.append(_standing(behind, words, 390, 1.12, 806 if tie is None else 860))
    for index, (kind, name, label, scale, beside) in enumerate(contents):
        vessel = VESSELS[kind](GLAZES[name])
        marks = _standing(
            vessel, _label(vessel.face, label, "Fernhollow"), 400 + beside, scale * 1.05, 880 if tie is None else 645
        )
        defs.append(_owned(vessel.defs, index))
        things.append(_owned(marks, index))
    return "".join(defs), "".join(things)
