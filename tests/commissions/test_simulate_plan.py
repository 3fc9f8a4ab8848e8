"""``manage.py simulate_plan``: the same figures as the page, CSV, and what it ends with."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from commissions import killpoints, simulations
from commissions.models import Simulation
from tests.commissions.company import plan
from tests.commissions.test_simulations import months  # noqa: F401  (a fixture)


def run(*options):
    told = StringIO()
    call_command("simulate_plan", "--from", "2026-09", "--to", "2026-11", *options, stdout=told, stderr=told)
    return told.getvalue()


def test_it_prints_what_it_stored(months):  # noqa: F811
    told = run("--set", "bonuses[2].rates=6, 4%, 3%")
    simulation = Simulation.objects.get()
    assert simulation.state == "done" and simulation.owner is None
    assert "bonuses.unilevel.rates: 5%, 4%, 3% -> 6%, 4%, 3%" in told
    gained = f"{simulation.figures['gained_minor'] / 100:.2f}"
    assert f"3 gain ${gained}, 0 lose $0.00" in told
    assert json.loads(run("--json", "--set", "bonuses[2].rates=6%, 4%, 3%")) == simulation.figures


def test_the_files_add_up_to_the_figures(months, tmp_path):  # noqa: F811
    (tmp_path / "plan.toml").write_text(plan(version=2).replace('"5%"', '"6%"'))
    people, lines = tmp_path / "people.csv", tmp_path / "lines.csv"
    run("--plan", str(tmp_path / "plan.toml"), "--csv", str(people), "--lines", str(lines))
    figures = Simulation.objects.get().figures
    for file in (people, lines):
        rows = list(csv.DictReader(file.open()))
        for side in ("before", "after"):
            assert sum(round(float(row[side]) * 100) for row in rows) == figures[side]["total"]
        assert all(row["number"].startswith("T0") and row["currency"] == "USD" for row in rows)
    assert {row["period"] for row in csv.DictReader(lines.open())} == {"2026-09", "2026-10", "2026-11"}
    assert {row["rank_after"] for row in csv.DictReader(people.open())} <= {"associate", "bronze", "silver"}


def test_a_name_that_a_spreadsheet_would_run_is_quoted(company, months, tmp_path):  # noqa: F811
    company.people["ana"].name = "=cmd()"
    company.people["ana"].save()
    run("--csv", str(tmp_path / "people.csv"))
    assert "'=cmd()" in {row["name"] for row in csv.DictReader((tmp_path / "people.csv").open())}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "bonuses[9].rates=1%"], r"bonuses\[9\]\.rates is not a setting of this plan"),
        (["--set", "bonuses[2].rates=120%"], r"bonuses\[2\]\.rates\[1\] is \"120%\""),
        (["--set", "rates"], "expected PATH=VALUE"),
        (["--plan-version", "testing:9"], "There is no plan version testing:9; there are: testing:1"),
        (["--plan", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--to", "2031-01"], "There is no period 2031-01 of type month; there are: 2026-09, 2026-10, 2026-11"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(months, options, said):  # noqa: F811
    with pytest.raises(CommandError, match=said):
        run(*options)
    assert not Simulation.objects.exists()


def test_a_cancelled_one_ends_with_its_own_code(months, monkeypatch):  # noqa: F811
    monkeypatch.setattr(killpoints, "reach", lambda name: simulations.cancel(Simulation.objects.get()))
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 3


def test_ctrl_c_cancels_it(months, monkeypatch):  # noqa: F811
    def interrupt(_name):
        raise KeyboardInterrupt

    monkeypatch.setattr(killpoints, "reach", interrupt)
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 130
    assert Simulation.objects.get().state == "cancelled"
