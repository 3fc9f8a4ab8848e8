"""Words as outlines, because a picture in an ``<img>`` cannot load a font.

``letters.json`` holds, for each character, its advance and its outline at 1,000 units an em, from Newsreader Display
(SIL Open Font License 1.1, static/fonts/Newsreader-LICENSE.txt).
"""

import json
from pathlib import Path

LETTERS = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))


def width(words, size, spacing=0.0):
    """How wide a line is; ``spacing`` is added after each letter, in thousandths of an em."""
    return sum(LETTERS[character][0] + spacing for character in words) * size / 1000


def line(words, x, y, size, fill, spacing=0.0):
    """One line of words, centred on ``x`` with its baseline at ``y``."""
    scale = size / 1000
    at, marks = x - width(words, size, spacing) / 2, []
    for character in words:
        advance, outline = LETTERS[character]
        if outline:
            marks.append(f'<path transform="translate({at:.1f} {y:.1f}) scale({scale:.4f})" d="{outline}"/>')
        at += (advance + spacing) * scale
    return f'<g fill="{fill}">{"".join(marks)}</g>'


def wrap(words, size, room):
    """Break words into lines no wider than ``room``."""
    lines = []
    for word in words.split():
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
