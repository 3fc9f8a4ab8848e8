"""Vendored files are the ones that VENDOR.md describes, and the sprite has every icon that a template asks for."""

import re
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
LISTED = dict(re.findall(r"^ {4}([0-9a-f]{64})  (\S+)$", (STATIC / "vendor/VENDOR.md").read_text(), re.MULTILINE))


def test_each_listed_file_has_its_hash():
    assert len(LISTED) >= 10
    wrong = [name for digest, name in LISTED.items() if sha256((STATIC / name).read_bytes()).hexdigest() != digest]
    assert wrong == []


def test_nothing_is_vendored_without_being_listed():
    there = {str(path.relative_to(STATIC)) for pattern in ("vendor/*.js", "fonts/*.woff2") for path in STATIC.glob(pattern)}
    assert there - set(LISTED.values()) == set()


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "icons/icons.svg").read_text()))
    asked = {}
    for template in (ROOT / "templates").rglob("*.html"):
        for tag in re.findall(r"{% include \"elements/[a-z_]+\.html\" with [^%]*%}", template.read_text()):
            key = "name" if "elements/icon.html" in tag else "icon"
            for name in re.findall(rf'\b{key}="([a-z0-9-]+)"', tag):
                asked.setdefault(name, template.name)
    assert len(asked) > 20
    assert {name: where for name, where in asked.items() if name not in sprite} == {}
