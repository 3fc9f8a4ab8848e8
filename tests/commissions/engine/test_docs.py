"""The pages say everything: each kind of bonus, each setting, each sentence and each reason."""

import dataclasses
from pathlib import Path

import pytest

from commissions.engine.bonuses import BONUSES
from commissions.engine.bonuses.sources import SalesFilter
from commissions.engine.explain import Says
from commissions.engine.ladder import Activity, Gate, Ladder, LegCap, Legs, Rank
from commissions.engine.periods import Period
from commissions.engine.placement import MatrixTree
from commissions.engine.plan import Heading, Plan
from commissions.engine.result import Reason
from commissions.engine.returns import Returns

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT = (DOCS / "plans" / "document.md").read_text()


@pytest.mark.parametrize("kind", BONUSES)
def test_every_kind_of_bonus_has_a_page_with_all_its_settings(kind):
    page = (DOCS / "plans" / f"{kind}.md").read_text()
    assert f"({kind}.md)" in DOCUMENT
    for name in settings(BONUSES[kind]):
        assert f"`{name}`" in page or f"`{name}`" in DOCUMENT, name


def test_every_published_plan_is_on_its_page():
    page = (DOCS / "plans" / "published.md").read_text()
    published = [path.name for path in (DOCS.parent / "tests" / "commissions" / "plans" / "published").glob("*.toml")]
    assert published
    assert not [name for name in published if f"/published/{name})" not in page]


PARTS = [Plan, Heading, Period, Activity, Ladder, Rank, Legs, LegCap, Gate, Returns, SalesFilter, MatrixTree]


@pytest.mark.parametrize("part", PARTS)
def test_every_key_of_the_document_is_described(part):
    for name in settings(part):
        marks = (f"`{name}`", f"`[{name}]`", f"`[[{name}]]`", f"`[{name}.<name>]`", f"`{name} = ", f" {name} ", f" {name},")
        assert any(mark in DOCUMENT for mark in marks), name


def test_every_sentence_and_every_reason_is_listed():
    page = (DOCS / "engine.md").read_text()
    for sentence in Says:
        assert f"| `{sentence}` |" in page
    for reason in Reason:
        assert reason is Reason.PAID or f"`{reason.name}`" in page


def settings(part):
    return [field.name for field in dataclasses.fields(part) if "kind" in field.metadata]
