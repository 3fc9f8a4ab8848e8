"""Colours by lightness, chroma and hue, so that a whole picture can be tuned to one ground."""

from math import cos, radians, sin


def oklch(lightness, chroma, hue):
    """Turn an OKLCH colour into a hexadecimal sRGB one; what sRGB cannot show is clipped.

    Source: Björn Ottosson, "A perceptual color space for image processing" (2020).

    >>> oklch(1, 0, 0), oklch(0, 0, 0), oklch(0.628, 0.2577, 29.23)
    ('#ffffff', '#000000', '#ff0000')
    """
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_eight_bits(value):02x}" for value in linear)


def _eight_bits(linear):
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, value)))
