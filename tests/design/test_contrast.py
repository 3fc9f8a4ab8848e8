"""Words read at WCAG AA in light and in dark, computed from the tokens themselves."""

import re
from pathlib import Path

import pytest

from backoffice.demo.art.colour import oklch

TOKENS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text()
VALUES = dict(re.findall(r"^\s+--([a-z-]+):\s*(.+?);\s*$", TOKENS, re.MULTILINE))
GROUNDS = ("paper", "surface", "raised", "sunk")
WORDS = ("ink", "mute", "accent-ink", "good", "warn", "bad")


def colour(name, dark):
    """The colour of a token in light or in dark, as red, green and blue from 0 to 1."""
    value = VALUES[name]
    if value.startswith("light-dark("):
        value = re.findall(r"oklch\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", value)[dark]
    lightness, chroma, hue = re.fullmatch(r"oklch\(([\d.]+)% (\S+|calc\(.+\)) (\S+)\)", value).groups()
    code = oklch(float(lightness) / 100, number(chroma), number(hue))
    return [int(code[index : index + 2], 16) / 255 for index in (1, 3, 5)]


def number(text):
    """A plain number, a token, or a token times a number."""
    if product := re.fullmatch(r"calc\(var\(--([a-z]+)\) \* ([\d.]+)\)", text):
        return float(VALUES[product[1]]) * float(product[2])
    if token := re.fullmatch(r"var\(--([a-z]+)\)", text):
        return float(VALUES[token[1]])
    return float(text)


def luminance(rgb):
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other, dark):
    bright, dim = sorted((luminance(colour(one, dark)), luminance(colour(other, dark))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_black_on_white_is_twenty_one_to_one():
    assert luminance([1, 1, 1]) == pytest.approx(1) and luminance([0, 0, 0]) == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("word", WORDS)
def test_words_read_on_every_ground(word, ground, dark):
    assert contrast(word, ground, dark) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("word", "ground"),
    [
        ("on-accent", "accent"),
        ("on-accent", "accent-hover"),
        ("accent-ink", "accent-wash"),
        ("ink", "accent-wash"),
        ("mute", "accent-wash"),
        ("good", "good-wash"),
        ("warn", "warn-wash"),
        ("bad", "bad-wash"),
        ("ink", "good-wash"),
        ("ink", "warn-wash"),
        ("ink", "bad-wash"),
    ],
)
def test_words_read_on_what_is_tinted(word, ground, dark):
    assert contrast(word, ground, dark) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("part", ["edge", "accent"])
def test_what_one_operates_stands_out_from_its_ground(part, ground, dark):
    assert contrast(part, ground, dark) >= 3
