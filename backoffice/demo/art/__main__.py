"""Write the pictures: ``python -m backoffice.demo.art [folder]``."""

import sys
import tomllib
from pathlib import Path

from backoffice.demo.art import scene

CATALOGUE = Path(__file__).parent.parent / "catalogue.toml"
FOLDER = Path(__file__).resolve().parents[3] / "static" / "demo" / "products"


def write(folder=FOLDER):
    """Draw every product of the catalogue into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for product in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["products"]:
        (folder / f"{product['slug']}.svg").write_text(scene.draw(product), encoding="utf-8")
    (folder.parent / "still-life.svg").write_text(scene.still_life(), encoding="utf-8")


if __name__ == "__main__":
    write(*(Path(argument) for argument in sys.argv[1:2]))
