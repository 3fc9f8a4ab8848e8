"""Compiles every template and looks in each for what our content security policy forbids."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError, loader

FORBIDDEN = {
    "an inline style": re.compile(r"<[a-zA-Z][^>]*\sstyle\s*=", re.S),
    "a style element": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc=)(?![^>]*type=\"(?:application/json|application/ld\+json)\")[^>]*>"),
    "an event attribute": re.compile(r"<[a-zA-Z][^>]*\son[a-z]+\s*=(?!=)", re.S),
    "hx-on": re.compile(r"\shx-on[:a-z-]*\s*="),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "something from another host": re.compile(r"<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)=\"(?:https?:)?//"),
}


class Command(BaseCommand):
    """Load every template of the project; refuse inline styles and scripts. Mails are not pages and may have styles."""

    help = "Compile every template and refuse what the content security policy forbids."

    def handle(self, *args, **options) -> None:
        """Print what is wrong, with file and line, and fail when anything is."""
        root = settings.BASE_DIR / "templates"
        folders = [root, *settings.BASE_DIR.glob("*/templates")]
        paths = [
            (folder, path)
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.suffix in (".html", ".txt", ".svg", ".xml")
        ]
        faults = [fault for folder, path in paths for fault in examine(folder, path)]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults in {len(paths)} templates.")
        self.stdout.write(f"{len(paths)} templates compile.")


def examine(folder: Path, path: Path) -> Iterator[str]:
    """Find what is wrong with one template."""
    name = str(path.relative_to(folder))
    place = path.relative_to(settings.BASE_DIR)
    try:
        loader.get_template(name)
    except TemplateSyntaxError as error:
        yield f"{place}: {error}"
    if name.startswith("mail/") or "/email/" in name:
        return
    text = path.read_text()
    for what, pattern in FORBIDDEN.items():
        for match in pattern.finditer(text):
            yield f"{place}:{text.count(chr(10), 0, match.start()) + 1}: {what}"
