"""Plants. Each stands at the origin and grows upwards, some 600 units high; y falls as it grows."""

from math import atan2, cos, degrees, pi, radians, sin

from backoffice.demo.art.colour import oklch


def point(curve, t):
    """A place on a cubic curve of four points and the direction there, in degrees."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    u = 1 - t
    x = u**3 * ax + 3 * u * u * t * bx + 3 * u * t * t * cx + t**3 * dx
    y = u**3 * ay + 3 * u * u * t * by + 3 * u * t * t * cy + t**3 * dy
    across = 3 * (u * u * (bx - ax) + 2 * u * t * (cx - bx) + t * t * (dx - cx))
    down = 3 * (u * u * (by - ay) + 2 * u * t * (cy - by) + t * t * (dy - cy))
    return x, y, degrees(atan2(down, across))


def stem(curve, colour, thick=5.0):
    """A stalk along a curve."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    path = f"M{ax:.1f} {ay:.1f}C{bx:.1f} {by:.1f} {cx:.1f} {cy:.1f} {dx:.1f} {dy:.1f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thick:.1f}" stroke-linecap="round"/>'


def leaf(x, y, angle, length, wide, tones, belly=0.4):
    """A leaf in two tones, one for each side of its rib; ``belly`` is where it is widest."""
    light, dark, rib = tones
    near, far = length * belly * 0.55, length * min(0.95, belly * 1.9)
    over = f"M0 0C{near:.1f} {-wide:.1f} {far:.1f} {-wide * 0.8:.1f} {length:.1f} 0Z"
    under = f"M0 0C{near:.1f} {wide:.1f} {far:.1f} {wide * 0.8:.1f} {length:.1f} 0Z"
    return (
        f'<g transform="translate({x:.1f} {y:.1f}) rotate({angle:.1f})"><path d="{over}" fill="{light}"/>'
        f'<path d="{under}" fill="{dark}"/><path d="M0 0H{length * 0.86:.1f}" stroke="{rib}" stroke-width="1.4"/></g>'
    )


def flower(x, y, petals, reach, wide, fills, eye, tilt=1.0):
    """A flower seen from ahead, ``tilt`` flattening it; ``fills`` are rings from the back to the front."""
    rings = []
    for ring, fill in enumerate(fills):
        size = reach * (1 - 0.2 * ring)
        shape = f"M0 0C{size * 0.3:.1f} {-wide:.1f} {size * 0.9:.1f} {-wide:.1f} {size:.1f} 0C{size * 0.9:.1f} {wide:.1f} {size * 0.3:.1f} {wide:.1f} 0 0Z"
        turn = 180 / petals * (ring % 2)
        rings += [f'<path d="{shape}" fill="{fill}" transform="rotate({360 * n / petals + turn:.1f})"/>' for n in range(petals)]
    middle = f'<circle r="{reach * 0.27:.1f}" fill="{eye[0]}"/><circle r="{reach * 0.16:.1f}" fill="{eye[1]}"/>'
    return f'<g transform="translate({x:.1f} {y:.1f}) scale(1 {tilt:.2f})">{"".join(rings)}{middle}</g>'


def berry(x, y, radius, hue, light=0.45, chroma=0.12):
    """A round fruit with a light on it."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{oklch(light, chroma, hue)}"/>'
        f'<circle cx="{x + radius * 0.16:.1f}" cy="{y + radius * 0.2:.1f}" r="{radius * 0.78:.1f}" fill="{oklch(light - 0.07, chroma, hue)}" opacity=".55"/>'
        f'<circle cx="{x - radius * 0.34:.1f}" cy="{y - radius * 0.36:.1f}" r="{radius * 0.22:.1f}" fill="#fff" opacity=".55"/>'
    )


def greens(hue=145.0, light=0.56, chroma=0.075):
    """The tones of a leaf: its light side, its dark side, its rib."""
    return oklch(light, chroma, hue), oklch(light - 0.075, chroma, hue + 4), oklch(light - 0.14, chroma * 0.9, hue)


def feather(curve, pairs, reach, wide, tones, opening=62.0, start=0.1, belly=0.35):
    """Leaves in pairs along a curve, longest below the middle, folding forward to the tip."""
    parts = [stem(curve, tones[2])]
    for step in range(pairs):
        t = start + (1 - start) * step / pairs
        x, y, along = point(curve, t)
        swell = sin(pi * min(1.0, 0.22 + 0.78 * t)) ** 0.8 * (1 - 0.35 * t)
        length = max(12.0, reach * swell)
        slope = opening - 26 * t
        parts.append(leaf(x, y, along - slope, length, wide * swell + 2, tones, belly))
        parts.append(leaf(x, y, along + slope, length, wide * swell + 2, tones, belly))
    x, y, along = point(curve, 1)
    parts.append(leaf(x, y, along, reach * 0.3, wide * 0.6, tones, belly))
    return "".join(parts)


def spray(curve, leaves, reach, wide, tones, opening=48.0, start=0.14, belly=0.4, taper=0.35):
    """Leaves one by one, on this side and that, along a curve."""
    parts = [stem(curve, tones[2])]
    for step in range(leaves):
        t = start + (1 - start) * step / leaves
        x, y, along = point(curve, t)
        side = 1 if step % 2 else -1
        parts.append(leaf(x, y, along + side * opening, reach * (1 - taper * t), wide * (1 - taper * t), tones, belly))
    x, y, along = point(curve, 1)
    parts.append(leaf(x, y, along, reach * 0.8, wide * 0.8, tones, belly))
    return "".join(parts)


def arc(lean, height, bend=0.5):
    """The curve of a stalk that rises ``height`` and ends ``lean`` to the side."""
    return (0, 0), (lean * 0.05, -height * 0.4), (lean * bend, -height * 0.85), (lean, -height)


def spread(count, width):
    """``count`` places from -width to width."""
    return [width * (2 * step / (count - 1) - 1) for step in range(count)] if count > 1 else [0.0]


def turned(angle, x, y):
    """A place turned about the origin."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return x * c - y * s, x * s + y * c


def needles(curve, count, reach, tones, thick=3.2, opening=52.0):
    """A twig of needles, in two tones."""
    marks = []
    for step in range(count):
        t = 0.08 + 0.92 * step / count
        x, y, along = point(curve, t)
        for turn in (-opening, opening, -opening * 0.5, opening * 0.5):
            dx, dy = turned(along + turn, reach * (1 - 0.45 * t), 0)
            marks.append(f"M{x:.1f} {y:.1f}l{dx:.1f} {dy:.1f}")
    needle = f'fill="none" stroke-linecap="round" stroke-width="{thick}"'
    sides = zip((marks[::2], marks[1::2]), tones[:2], strict=True)
    return stem(curve, oklch(0.42, 0.04, 60), 5) + "".join(
        f'<path d="{"".join(side)}" stroke="{tone}" {needle}/>' for side, tone in sides
    )
