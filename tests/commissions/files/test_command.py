"""``manage.py calculate`` needs no server and says what is wrong in words."""

import os
import subprocess
import sys
from pathlib import Path

from tests.commissions.files.test_reading import ORDERS, PEOPLE
from tests.commissions.plans.examples import SHIPPED

ROOT = Path(__file__).parents[3]


def command(tmp_path, *options, people=PEOPLE, plan=SHIPPED / "fernhollow.toml"):
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "people.csv").write_text(people)
    (tmp_path / "data" / "orders.csv").write_text(ORDERS)
    places = ["--plan", plan, "--data", tmp_path / "data", "--period", "2026-01", "--out", tmp_path / "out", *options]
    surroundings = {"PATH": os.environ["PATH"], "CANOPY_DATA": str(tmp_path / "servers")}
    return subprocess.run(
        [sys.executable, "manage.py", "calculate", *map(str, places)], cwd=ROOT, env=surroundings, capture_output=True, text=True
    )


def test_it_writes_all_files_and_starts_nothing(tmp_path):
    done = command(tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "earnings.csv", "unearned.csv", "standings.csv", "state.csv", "summary.json",
    }  # fmt: skip
    assert not (tmp_path / "servers").exists()
    assert "payout ratio" in done.stdout


def test_without_lines_the_sums_are_the_same(tmp_path):
    whole = command(tmp_path)
    kept = {name: (tmp_path / "out" / name).read_text() for name in ("standings.csv", "state.csv", "summary.json")}
    short = command(tmp_path, "--standings-only")
    assert short.returncode == 0, short.stderr
    assert short.stdout == whole.stdout
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == kept


def test_a_mistake_is_one_clear_line(tmp_path):
    done = command(tmp_path, people=PEOPLE.replace("cy,ben", "cy,bob"))
    assert done.returncode == 1
    assert done.stderr.strip() == "CommandError: people.csv line 4: sponsor bob is not among the people"
    assert not (tmp_path / "out").exists()


def test_a_plan_is_refused_with_all_its_problems(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text((SHIPPED / "fernhollow.toml").read_text().replace('"10%"', '"120%"').replace("pv = 150", "pv = -1"))
    done = command(tmp_path, plan=plan)
    assert 'bonuses[2].rates[1] is "120%"' in done.stderr
    assert "ranks[5].pv is -1" in done.stderr


def test_a_plan_that_is_not_there_is_named(tmp_path):
    done = command(tmp_path, plan=tmp_path / "nowhere.toml")
    assert done.stderr.strip() == f"CommandError: {tmp_path / 'nowhere.toml'}: No such file or directory"


def test_a_plan_that_is_not_text_is_named(tmp_path):
    (tmp_path / "plan.toml").write_bytes(b'[plan]\nname = "Fernh\xf6llow"\n')
    done = command(tmp_path, plan=tmp_path / "plan.toml")
    assert done.stderr.strip() == f"CommandError: {tmp_path / 'plan.toml'} is not in UTF-8"


def test_state_that_nothing_reads_is_told(tmp_path):
    done = command(tmp_path, people=PEOPLE.replace("status", "state.rank.paidas").replace("open", "1"))
    assert "state that nothing of the plan reads: rank.paidas\n" in done.stdout
    assert "nothing of the plan reads" not in command(tmp_path).stdout
