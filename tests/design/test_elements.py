"""Elements: the gallery draws each of them, names keep their script, and fields say what is wrong where it is wrong."""

import re
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string

from genealogy.templatetags.people import initials, tone

ELEMENTS = Path(__file__).resolve().parents[2] / "templates/elements"
# In use on whole pages only, or made of others.
BESIDE_THE_GALLERY = {
    "gallery.html",
    "messages.html",
    "seller_band.html",
    "price.html",
    "person.html",
    "pagination.html",
    "crumbs.html",
}
BESIDE_THE_GALLERY |= {"field.html", "fields.html", "form_errors.html", "wordmark.html", "mark.html"}


def test_the_gallery_draws_every_element():
    text = (ELEMENTS / "gallery.html").read_text()
    drawn = set(re.findall(r'include "elements/([a-z_]+\.html)"', text))
    assert {path.name for path in ELEMENTS.glob("*.html")} - BESIDE_THE_GALLERY - drawn == set()
    page = render_to_string("elements/gallery.html")
    assert " style=" not in page and page.count("<svg") >= 30


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ana Ruiz", "AR"),
        ("Jürgen Groß-Müller", "JG"),
        ("佐藤 花", "佐"),
        ("김민준", "김"),
        ("محمد العلي", "م"),
        ("Ольга Иванова", "ОИ"),
        ("ana", "A"),
        ("  ", "·"),
        ("42 (Ltd)", "·"),
        (None, "·"),
    ],
)
def test_initials_in_every_script(name, short):
    assert initials(name) == short


def test_a_name_keeps_its_tone():
    assert tone("Ana Ruiz") == tone("Ana Ruiz")
    assert {tone(f"Person {number}") for number in range(200)} == set(range(8))


class Parcel(forms.Form):
    email = forms.EmailField(help_text="For the receipt.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    gift = forms.BooleanField(required=False, label="It is a gift")
    speed = forms.ChoiceField(choices=[("slow", "Slow"), ("fast", "Fast")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_help_and_error_to_its_input():
    page = render_to_string("elements/fields.html", {"form": Parcel({"email": "nobody", "speed": "slow"})})
    assert '<label for="id_email">Email</label>' in page
    described = re.search(r'name="email"[^>]*aria-describedby="([^"]+)"', page)[1].split()
    assert 'aria-invalid="true"' in page
    for name in described:
        assert f'id="{name}"' in page, f"nothing is called {name}"
    assert "(optional)" in page.split("id_note")[1].split("</label>")[0]
    assert page.count('type="hidden"') == 1


def test_choices_are_one_group_with_one_legend():
    page = render_to_string("elements/fields.html", {"form": Parcel()})
    assert page.count("<fieldset") == 1 and page.count("<legend") == 1
    assert page.count('class="choice"') == 2


def test_what_people_write_is_escaped():
    page = render_to_string("elements/person.html", {"name": "<script>alert(1)</script>", "note": "<b>"})
    assert "<script>" not in page and "<b>" not in page.replace("<bdi>", "")
