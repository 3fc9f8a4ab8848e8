"""The garden: every plant of the catalogue, by name. Leaves and stalks come from ``plants``."""

from math import cos, pi, sin

from backoffice.demo.art.colour import oklch
from backoffice.demo.art.plants import arc, berry, feather, flower, greens, leaf, needles, point, spray, spread, stem, turned


def fern():
    tones = greens(146, 0.53, 0.08)
    return (
        feather(arc(-190, 520), 24, 120, 15, greens(150, 0.47, 0.07), 66)
        + feather(arc(210, 600), 26, 135, 16, tones, 66)
        + feather(arc(20, 660, 0.9), 28, 140, 16, greens(143, 0.58, 0.085), 66)
    )


def oat():
    straw = (oklch(0.79, 0.085, 88), oklch(0.71, 0.085, 84), oklch(0.62, 0.075, 82))
    parts = []
    for lean, height in ((-190, 560), (-60, 640), (90, 610), (220, 520)):
        curve = arc(lean, height, 0.35)
        parts.append(stem(curve, straw[2], 4))
        for step in range(9):
            x, y, along = point(curve, 0.5 + 0.055 * step)
            side = 1 if step % 2 else -1
            reach = 58 - 3 * step
            twig = ((x, y), (x + side * reach * 0.4, y - 26), (x + side * reach, y - 14), (x + side * reach * 1.1, y + 20))
            parts += [
                stem(twig, straw[2], 2),
                leaf(*twig[3], 84 - side * 9, 46, 10, straw),
                leaf(*twig[3], 96 - side * 9, 38, 8, straw),
            ]
        parts.append(leaf(*curve[3], -80 if lean < 0 else -100, 46, 9, straw))
        x, y, along = point(curve, 0.3)
        parts.append(leaf(x, y, along + (34 if lean > 0 else -34), 190, 12, greens(110, 0.66, 0.08)))
    return "".join(parts)


def rosehip():
    tones = greens(135, 0.52, 0.07)
    curve = ((0, 0), (10, -240), (90, -470), (250, -560))
    other = ((0, 0), (-20, -200), (-120, -380), (-210, -470))
    parts = [stem(curve, oklch(0.45, 0.05, 50), 7), stem(other, oklch(0.45, 0.05, 50), 6)]
    for path, side in ((curve, 1), (other, -1)):
        for t in (0.3, 0.5, 0.7, 0.9):
            x, y, along = point(path, t)
            for turn in (-58, 52):
                tip = turned(along + turn, 120, 0)
                twig = (
                    (x, y),
                    (x + tip[0] * 0.3, y + tip[1] * 0.3),
                    (x + tip[0] * 0.7, y + tip[1] * 0.7 - 6),
                    (x + tip[0], y + tip[1]),
                )
                parts.append(feather(twig, 3, 62, 24, tones, 60, 0.35, 0.45))
        for t, reach in ((0.42, 70), (0.62, 84), (0.8, 66), (1, 40)):
            x, y, _ = point(path, t)
            hx, hy = x + side * reach * 0.7, y + reach * 0.75
            parts.append(stem(((x, y), (x + side * 26, y - 8), (hx, y), (hx, hy - 20)), oklch(0.45, 0.06, 70), 3))
            parts.append(
                f'<ellipse cx="{hx:.1f}" cy="{hy + 8:.1f}" rx="21" ry="28" fill="{oklch(0.53, 0.17, 30)}"/><ellipse cx="{hx + 5:.1f}" cy="{hy + 12:.1f}" rx="15" ry="22" fill="{oklch(0.46, 0.16, 28)}" opacity=".6"/><ellipse cx="{hx - 8:.1f}" cy="{hy - 2:.1f}" rx="4" ry="8" fill="#fff" opacity=".45"/>'
            )
            parts += [leaf(hx, hy + 33, 90 + turn, 15, 3.5, greens(110, 0.42, 0.05)) for turn in (-34, 0, 34)]
    return "".join(parts)


def daisies(fills, eye, petals, reach, wide, tones, spots, leaf_size=(120, 18)):
    """Flowers on long stalks, with narrow leaves below."""
    back, front = [], []
    for lean, height, tilt in spots:
        curve = arc(lean, height, 0.4)
        back.append(stem(curve, tones[2], 4.5))
        for t, side in ((0.25, 1), (0.42, -1), (0.58, 1)):
            x, y, along = point(curve, t)
            back.append(leaf(x, y, along + side * 42, leaf_size[0] * (1.1 - t * 0.6), leaf_size[1], tones, 0.5))
        front.append(flower(lean, -height, petals, reach, wide, fills, eye, tilt))
    return "".join(back + front)


def calendula():
    fills = [oklch(0.74, 0.155, 62), oklch(0.78, 0.15, 70), oklch(0.82, 0.14, 77)]
    eye = (oklch(0.55, 0.12, 50), oklch(0.44, 0.09, 45))
    spots = ((-200, 420, 0.86), (30, 600, 0.95), (215, 480, 0.78))
    return daisies(fills, eye, 17, 92, 15, greens(135, 0.55, 0.08), spots, (150, 26))


def arnica():
    fills = [oklch(0.83, 0.155, 88), oklch(0.87, 0.15, 94)]
    eye = (oklch(0.68, 0.14, 70), oklch(0.6, 0.13, 62))
    spots = ((-210, 430, 0.8), (-70, 580, 0.92), (110, 640, 0.86), (230, 470, 0.75))
    return daisies(fills, eye, 13, 80, 11, greens(125, 0.57, 0.08), spots, (150, 22))


def chamomile():
    fills = [oklch(0.985, 0.006, 90), oklch(0.95, 0.012, 90)]
    eye = (oklch(0.83, 0.15, 88), oklch(0.76, 0.15, 78))
    spots = ((-230, 380, 0.72), (-130, 540, 0.88), (0, 450, 0.8), (70, 630, 0.95), (180, 520, 0.82), (255, 390, 0.7))
    return daisies(fills, eye, 14, 58, 10, greens(140, 0.6, 0.075), spots, (90, 7))


def willow():
    parts = []
    for lean, height, light in ((-240, 560, 0.55), (40, 680, 0.6), (250, 520, 0.5)):
        curve = ((0, 0), (lean * 0.1, -height * 0.6), (lean * 0.5, -height), (lean * 1.1, -height * 0.86))
        parts.append(spray(curve, 24, 150, 15, greens(128, light, 0.075), 34, 0.16, 0.45, 0.3))
    return "".join(parts)


def birch():
    bark, parts = oklch(0.42, 0.03, 60), []
    for lean, height in ((-220, 520), (30, 660), (240, 560)):
        curve = arc(lean, height, 0.5)
        parts.append(stem(curve, bark, 6))
        for step in range(8):
            x, y, along = point(curve, 0.28 + 0.1 * step)
            side = 1 if step % 2 else -1
            parts.append(
                leaf(x, y, along + side * 58, 96 - 4 * step, 44 - 2 * step, greens(122, 0.63 - 0.012 * step, 0.095), 0.28)
            )
            if step % 3 == 1:
                cx, cy = x - side * 20, y + 16
                parts.append(stem(((x, y), (cx, y), (cx, cy + 30), (cx - side * 4, cy + 74)), oklch(0.66, 0.09, 85), 11))
    return "".join(parts)


def conifer(hue, reach, fruit):
    """Branches of needles; ``fruit`` is drawn at each of the places it is given."""
    parts, places = [], []
    for lean, height, light in ((-230, 480, 0.46), (20, 650, 0.52), (240, 540, 0.49)):
        curve = arc(lean, height, 0.5)
        tones = greens(hue, light, 0.06)
        parts.append(needles(curve, 34, reach, tones))
        for t, side in ((0.35, 1), (0.5, -1), (0.66, 1), (0.8, -1)):
            x, y, along = point(curve, t)
            tip = turned(along + side * 46, 150 * (1.1 - t * 0.5), 0)
            twig = ((x, y), (x + tip[0] * 0.3, y + tip[1] * 0.3), (x + tip[0] * 0.7, y + tip[1] * 0.7), (x + tip[0], y + tip[1]))
            parts.append(needles(twig, 16, reach * 0.8, tones))
            places.append((x + tip[0] * 0.42 + 8, y + tip[1] * 0.42 + 14))
    return "".join(parts) + "".join(fruit(*place) for place in places)


def juniper():
    return conifer(158, 42, lambda x, y: berry(x, y, 17, 265, 0.44, 0.06) + berry(x + 24, y + 15, 14, 270, 0.5, 0.05))


def cedar():
    def cone(x, y):
        scales = "".join(
            f'<ellipse cx="{x:.1f}" cy="{y + 11 * n:.1f}" rx="{24 - 3 * abs(n - 1):.1f}" ry="9" fill="{oklch(0.5 - 0.03 * n, 0.06, 62)}"/>'
            for n in range(4)
        )
        return scales if int(x) % 2 else ""

    return conifer(168, 46, cone)


def heather():
    parts = []
    for index, lean in enumerate(spread(9, 260)):
        height = 620 - abs(lean) * 0.75 - (index % 2) * 60
        curve = arc(lean, height, 0.4)
        parts += [stem(curve, oklch(0.5, 0.06, 130), 3.5), needles(curve, 16, 20, greens(140, 0.52, 0.06), 2.4)]
        for step in range(16):
            x, y, _ = point(curve, 0.5 + 0.031 * step)
            side = 1 if step % 2 else -1
            tone = oklch(0.68 - 0.012 * (step % 4), 0.12, 345 - 3 * (step % 5))
            parts.append(
                f'<ellipse cx="{x + side * (13 - step * 0.4):.1f}" cy="{y:.1f}" rx="9.5" ry="12" fill="{tone}" transform="rotate({side * 28} {x:.1f} {y:.1f})"/>'
            )
    return "".join(parts)


def lavender():
    parts = []
    for index, lean in enumerate(spread(9, 250)):
        height = 640 - abs(lean) * 0.7 - (index % 2) * 70
        curve = arc(lean, height, 0.4)
        parts += [stem(curve, oklch(0.6, 0.06, 140), 3.5)]
        x, y, along = point(curve, 0.22)
        parts.append(leaf(x, y, along + (26 if lean > 0 else -26), 170, 9, greens(150, 0.64, 0.05)))
        for step in range(11):
            x, y, along = point(curve, 0.64 + 0.036 * step)
            size = 13 - 0.55 * step
            for side in (-1, 1):
                dx, dy = turned(along, 4, side * size * 0.9)
                parts.append(
                    f'<ellipse cx="{x + dx:.1f}" cy="{y + dy:.1f}" rx="{size:.1f}" ry="{size * 0.72:.1f}" fill="{oklch(0.62 - 0.04 * (step % 3), 0.11, 298 - 4 * (step % 2))}" transform="rotate({along + side * 34:.1f} {x + dx:.1f} {y + dy:.1f})"/>'
                )
    return "".join(parts)


def blossom():
    bark, parts, buds = oklch(0.4, 0.035, 45), [], []
    petals = [oklch(0.945, 0.028, 5), oklch(0.905, 0.05, 5)]
    eye = (oklch(0.7, 0.12, 5), oklch(0.82, 0.12, 85))
    for lean, height in ((-250, 470), (50, 660), (240, 500)):
        curve = arc(lean, height, 0.6)
        parts.append(stem(curve, bark, 7))
        for step, t in enumerate((0.34, 0.48, 0.62, 0.76, 0.88, 1.0)):
            x, y, along = point(curve, t)
            side = 1 if step % 2 else -1
            dx, dy = turned(along + side * 64, 36, 0)
            buds.append(flower(x + dx, y + dy, 5, 50 - 3 * step, 25, petals[:1] + petals[1:], eye, 0.9))
            parts.append(leaf(x, y, along - side * 52, 62, 14, greens(125, 0.63, 0.09)))
    return "".join(parts + buds)


def opposite(hue, light, reach, wide, belly=0.36, hang=0.0):
    """Upright stems with broad leaves facing each other."""
    parts = []
    for lean, height, shade in ((-210, 470, -0.06), (0, 660, 0.0), (210, 540, -0.03)):
        curve = arc(lean, height, 0.4)
        tones = greens(hue, light + shade, 0.085)
        parts.append(stem(curve, tones[2], 6))
        for step in range(8):
            x, y, along = point(curve, 0.18 + 0.1 * step)
            size = 1.05 - 0.085 * step
            for side in (-1, 1):
                parts.append(leaf(x, y, along + side * (66 + hang - 3 * step), reach * size, wide * size, tones, belly))
        x, y, along = point(curve, 1)
        parts += [leaf(x, y, along + turn, reach * 0.36, wide * 0.4, tones, belly) for turn in (-30, 30, 0)]
    return "".join(parts)


def mint():
    return opposite(152, 0.6, 118, 46)


def nettle():
    return opposite(138, 0.54, 138, 40, 0.26, 14)


def orange():
    tones = greens(140, 0.5, 0.085)
    parts = [
        spray(arc(lean, height, 0.5), 9, 130, 40, greens(140, light, 0.085), 52, 0.2, 0.42)
        for lean, height, light in ((-220, 470, 0.46), (230, 520, 0.52))
    ]
    parts.append(spray(arc(10, 640), 10, 135, 42, tones, 52, 0.2, 0.42))
    for x, y, radius in ((-150, -300, 62), (170, -360, 68), (-30, -470, 56)):
        parts.append(berry(x, y, radius, 58, 0.74, 0.16))
        parts.append(leaf(x, y - radius + 4, -38, 58, 18, tones))
    return "".join(parts)


def tomato():
    parts = []
    for lean, height, light in ((-230, 480, 0.5), (20, 640, 0.57), (240, 520, 0.53)):
        curve = arc(lean, height, 0.5)
        tones = greens(138, light, 0.095)
        parts.append(stem(curve, tones[2], 6))
        for step in range(6):
            x, y, along = point(curve, 0.24 + 0.14 * step)
            side = 1 if step % 2 else -1
            tip = turned(along + side * 58, 135 - 10 * step, 0)
            twig = ((x, y), (x + tip[0] * 0.3, y + tip[1] * 0.3), (x + tip[0] * 0.7, y + tip[1] * 0.7), (x + tip[0], y + tip[1]))
            parts.append(feather(twig, 3, 74, 22, tones, 56, 0.3, 0.3))
    for x, y, radius in ((-138, -250, 44), (-84, -196, 36), (176, -300, 48), (226, -240, 34)):
        parts.append(berry(x, y, radius, 30, 0.58, 0.19))
        parts += [leaf(x, y - radius * 0.8, turn, radius * 0.7, 5, greens(135, 0.48, 0.09)) for turn in (10, 80, 150, 210, 330)]
    return "".join(parts)


def linden():
    parts, blooms = [], []
    for lean, height, light in ((-230, 480, 0.58), (10, 650, 0.64), (240, 540, 0.61)):
        curve = arc(lean, height, 0.5)
        tones = greens(126, light, 0.1)
        parts.append(stem(curve, oklch(0.42, 0.04, 60), 6))
        for step in range(6):
            x, y, along = point(curve, 0.26 + 0.14 * step)
            side = 1 if step % 2 else -1
            parts.append(leaf(x, y, along + side * 60, 120 - 6 * step, 66 - 3 * step, tones, 0.2))
            if step in (1, 3, 5):
                bx, by = x - side * 40, y + 62
                parts.append(
                    leaf(
                        x, y, 90 + side * 28, 92, 12, (oklch(0.86, 0.07, 110), oklch(0.81, 0.07, 108), oklch(0.7, 0.07, 108)), 0.5
                    )
                )
                blooms += [
                    flower(bx + dx, by + dy, 5, 17, 8, [oklch(0.93, 0.06, 98)], (oklch(0.78, 0.13, 85), oklch(0.7, 0.13, 75)))
                    for dx, dy in ((0, 26), (-26, 10), (22, 6), (-6, -8))
                ]
    return "".join(parts + blooms)


def fig():
    def lobed(x, y, angle, size, tones):
        lobes = ((0, 1.0, 0.24), (-42, 0.8, 0.2), (42, 0.8, 0.2), (-86, 0.5, 0.17), (86, 0.5, 0.17))
        return "".join(leaf(x, y, angle + turn, size * long, size * wide, tones, 0.5) for turn, long, wide in reversed(lobes))

    parts = []
    for lean, height, light in ((-210, 400, 0.47), (30, 560, 0.55), (230, 450, 0.51)):
        curve = arc(lean, height, 0.5)
        tones = greens(148, light, 0.08)
        parts.append(stem(curve, oklch(0.45, 0.04, 70), 7))
        for step, t in enumerate((0.4, 0.7, 1.0)):
            x, y, along = point(curve, t)
            turn = (-48, 48, 0)[step] if lean else (48, -48, 0)[step]
            parts.append(lobed(x, y, along + turn, 165 - 8 * step, tones))
    for x, y in ((-128, -210), (128, -250)):
        parts.append(
            f'<path d="M{x} {y - 52}c12 30 42 44 42 78a42 38 0 0 1-84 0c0-34 30-48 42-78Z" fill="{oklch(0.42, 0.07, 335)}"/><path d="M{x + 6} {y - 36}c10 24 30 36 30 64a34 32 0 0 1-40 30c18-30 20-60 10-94Z" fill="{oklch(0.35, 0.07, 330)}" opacity=".6"/>'
        )
    return "".join(parts)


def elderberry():
    parts, fruit = [], []
    for lean, height in ((-220, 450), (10, 640), (235, 520)):
        curve = arc(lean, height, 0.5)
        tones = greens(140, 0.5, 0.075)
        parts.append(stem(curve, oklch(0.48, 0.06, 60), 6))
        for t, side in ((0.3, 1), (0.45, -1), (0.62, 1), (0.78, -1)):
            x, y, along = point(curve, t)
            parts.append(leaf(x, y, along + side * 58, 124, 30, tones, 0.4))
        x, y = curve[3]
        for index in range(26):
            turn, far = index * 2.39996, 15.5 * index**0.5
            bx, by = x + far * cos(turn) * 1.25, y + far * sin(turn) * 0.8 - 10
            fruit.append(
                (
                    by,
                    stem(((x, y + 60), (x, y + 30), (bx, by + 20), (bx, by)), oklch(0.42, 0.1, 0), 2),
                    berry(bx, by, 13, 300, 0.31, 0.07),
                )
            )
    return "".join(parts) + "".join(twig for _, twig, _ in fruit) + "".join(ball for _, _, ball in sorted(fruit))


def kelp():
    parts = []
    for index, lean in enumerate(spread(6, 250)):
        height = 660 - abs(lean) * 0.5 - (index % 2) * 80
        tones = greens(118 + 8 * (index % 3), 0.47 + 0.04 * (index % 3), 0.075)
        left, right = [], []
        for step in range(25):
            t = step / 24
            wave = 26 * sin(t * 3.2 * pi + index)
            x, y = lean * t**1.4 + wave * t, -height * t
            wide = 30 * sin(pi * min(1, 0.12 + t * 0.9)) + 3 * sin(step * 2.1)
            left.append((x - wide, y))
            right.append((x + wide, y))
        outline = "L".join(f"{x:.1f} {y:.1f}" for x, y in left + right[::-1])
        middle = "L".join(f"{(a[0] + b[0]) / 2:.1f} {a[1]:.1f}" for a, b in zip(left, right, strict=True))
        half = "L".join(
            f"{x:.1f} {y:.1f}" for x, y in [((a[0] + b[0]) / 2, a[1]) for a, b in zip(left, right, strict=True)] + right[::-1]
        )
        parts.append(
            f'<path d="M{outline}Z" fill="{tones[0]}" stroke="{tones[0]}" stroke-width="6" stroke-linejoin="round"/><path d="M{half}Z" fill="{tones[1]}"/><path d="M{middle}" fill="none" stroke="{tones[2]}" stroke-width="3"/>'
        )
    return "".join(parts)


GARDEN = {
    plant.__name__: plant
    for plant in (
        fern,
        oat,
        rosehip,
        calendula,
        arnica,
        chamomile,
        willow,
        birch,
        juniper,
        cedar,
        heather,
        lavender,
        blossom,
        mint,
        nettle,
        orange,
        tomato,
        linden,
        fig,
        elderberry,
        kelp,
    )
}
