"""The product pictures in the repository are the ones that the rule draws, and stand alone."""

from pathlib import Path
from xml.etree import ElementTree

from backoffice.demo.art import __main__ as art

PICTURES = Path(__file__).resolve().parents[2] / "static/demo"


def test_the_pictures_in_the_repository_are_drawn_anew_alike(tmp_path):
    art.write(tmp_path / "products")
    drawn = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.svg")}
    kept = {path.relative_to(PICTURES): path.read_text() for path in PICTURES.rglob("*.svg")}
    assert len(drawn) == 25
    assert drawn == kept


def test_each_picture_is_sound_and_refers_only_to_itself():
    for path in PICTURES.rglob("*.svg"):
        tree = ElementTree.parse(path)
        names = [element.get("id") for element in tree.iter() if element.get("id")]
        text = path.read_text()
        assert "<script" not in text and "http://" not in text.replace("http://www.w3.org/2000/svg", ""), path.name
        used = {part.split(")")[0] for part in text.split("url(#")[1:]} | {
            part.split('"')[0] for part in text.split('href="#')[1:]
        }
        assert used <= set(names), path.name
