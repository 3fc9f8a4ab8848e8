"""What a run was calculated from, kept for ever: the people as they stood, what the period before left, and the checksum.

Volume entries are only ever added, so they are read again by their period. People move, leave and are suspended: so their
arrays are kept with the run, compressed. From both, a closed period is run again to the last byte, years later.
"""

import dataclasses
import hashlib
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from django.conf import settings

from commissions import plan_versions, snapshots
from commissions.engine.snapshot import Index, People, Snapshot, State, Tree
from commissions.models import Run, RunArray

PLAIN = ("id", "parent", "size", "status", "joined_at")
"""The columns of ``People`` that are one array each."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """All that the calculation of a period depends on. ``state_from`` says by name which run left each state."""

    plan: object
    snapshot: Snapshot
    state_from: dict


def read(period):
    """Read everything as it stands now, at one instant, with the state that earlier runs left."""
    with snapshots.one_instant():
        company = snapshots.read_company()
        snapshot = snapshots.of_company(company, period)
        state_from = state_sources(period)
        return _with_state(plan_versions.load(period.plan), snapshot, state_from)


def read_again(run):
    """Read what a run was calculated from, exactly as it was then."""
    people = people_of(run)
    with snapshots.one_instant():
        snapshot = snapshots.of_people(people, Index(people.id), run.period)
        return _with_state(plan_versions.load(run.plan), snapshot, run.state["in"])


def people_of(run):
    """Return the people as they stood when a run was calculated."""
    kept = read_arrays(run.repeats or run, RunArray.Role.INPUT)
    return People(
        **{name: kept[f"people.{name}"] for name in PLAIN},
        facts=MappingProxyType(_under(kept, "facts.")),
        trees=MappingProxyType({code: Tree(**columns) for code, columns in _nested(kept, "trees.").items()}),
    )


def keep(run, snapshot):
    """Keep the arrays of the people, so that the run can be made again."""
    write_arrays(run, RunArray.Role.INPUT, {name: values for name, values in arrays(snapshot).items() if _is_kept(name)})


def _is_kept(name):
    return name.startswith(("people.", "facts.", "trees."))


def arrays(snapshot):
    """Return every array of a snapshot under a name of its own, in no particular order."""
    people, sales = snapshot.people, snapshot.sales
    found = {f"people.{name}": getattr(people, name) for name in PLAIN}
    found |= {f"facts.{kind}": values for kind, values in people.facts.items()}
    for code, tree in people.trees.items():
        found |= {f"trees.{code}.{each.name}": getattr(tree, each.name) for each in dataclasses.fields(tree)}
    found |= {f"sales.{each.name}": getattr(sales, each.name) for each in dataclasses.fields(sales) if each.name != "more"}
    found |= {f"sales.more.{name}": values for name, values in sales.more.items()}
    if snapshot.parties is not None:
        found |= {f"parties.{each.name}": getattr(snapshot.parties, each.name) for each in dataclasses.fields(snapshot.parties)}
    return found | state_arrays(snapshot.state) | {"period": np.array([snapshot.start, snapshot.end], dtype=np.int64)}


def checksum(named):
    """Return the checksum of named arrays: of each its name, type, shape and numbers, in the order of the names."""
    whole = hashlib.sha256()
    for name, values in sorted(named.items()):
        whole.update(f"{name} {values.dtype.str} {values.shape}\0".encode())
        whole.update(np.ascontiguousarray(values))
    return whole.hexdigest()


# -- state: what a period leaves for the next


def state_arrays(state):
    """Return the arrays of a state under names of their own."""
    found = {f"state.people.{name}": values for name, values in state.people.items()}
    found |= {f"state.company.{name}": np.array(value, dtype=np.int64) for name, value in state.company.items()}
    return found | {f"state.tables.{name}": rows for name, rows in state.tables.items()}


def state_sources(period):
    """Say by name which run's state a period begins with: of each period type the newest closed run, the newest of all wins.

    A run only keeps what it changed; of the rest it names the run that left it.
    """
    newest = {}
    closed = Run.objects.filter(
        status=Run.Status.CLOSED, period__plan__code=period.plan.code, period__ends_at__lte=period.ends_at
    ).exclude(period=period)
    for run in closed.order_by("period__kind", "-period__ends_at").distinct("period__kind"):
        for name, left_by in run.state.get("out", {}).items():
            newest.setdefault(name, []).append(left_by)
    ends = dict(Run.objects.filter(pk__in={pk for left in newest.values() for pk in left}).values_list("pk", "period__ends_at"))
    return {name: max(left, key=lambda pk: (ends[pk], pk)) for name, left in newest.items()}


def _with_state(plan, snapshot, state_from):
    if not state_from:
        return Inputs(plan, snapshot, {})
    state = {"people": {}, "company": {}, "tables": {}}
    index = Index(snapshot.people.id)
    for run_id in sorted(set(state_from.values())):
        wanted = {name for name, left_by in state_from.items() if left_by == run_id}
        found = read_arrays(run_id, RunArray.Role.STATE, wanted | {"ids"})
        there, place = _places(index, snapshot.people.id, found.pop("ids"))
        for name, values in found.items():
            part, _dot, plain = name.removeprefix("state.").partition(".")
            state[part][plain] = _in_order(values, there, place, len(snapshot.people)) if part == "people" else values
    state["company"] = {name: int(value) for name, value in state["company"].items()}
    return Inputs(plan, dataclasses.replace(snapshot, state=State(**state)), dict(state_from))


def _places(index, ids, before):
    """Say which of the people of before are still there, and where."""
    there = np.isin(before, ids)
    return there, index.of(before[there], "person with a state")


def _in_order(values, there, place, count):
    """Put a number by person into the order of other people; 0 for who is new."""
    ordered = np.zeros(count, dtype=values.dtype)
    ordered[place] = values[there]
    return ordered


def keep_state(run, snapshot, state):
    """Keep what a calculation left anew, and return by name which run left what there is now."""
    before, after = state_arrays(snapshot.state), state_arrays(state)
    source = run.state.get("in", {})
    changed = {
        name: values
        for name, values in after.items()
        if name not in before or not (values.shape == before[name].shape and np.array_equal(values, before[name]))
    }
    if changed:
        write_arrays(run, RunArray.Role.STATE, {"ids": snapshot.people.id, **changed})
    return {name: run.pk if name in changed else source[name] for name in after}


# -- arrays in rows


def write_arrays(run, role, named):
    """Write named arrays, compressed."""
    RunArray.objects.bulk_create(
        RunArray(
            run=run, role=role, name=name, dtype=values.dtype.str, shape=list(values.shape),
            data=zlib.compress(np.ascontiguousarray(values), 1),
        )
        for name, values in sorted(named.items())
    )  # fmt: skip


def read_arrays(run, role, names=None):
    """Read named arrays, all of them or some."""
    rows = RunArray.objects.filter(run=run, role=role)
    if names is not None:
        rows = rows.filter(name__in=names)
    return {
        row.name: np.frombuffer(zlib.decompress(row.data), dtype=row.dtype).reshape(row.shape) for row in rows.order_by("name")
    }


def _under(named, head):
    return {name.removeprefix(head): values for name, values in named.items() if name.startswith(head)}


def _nested(named, head):
    found: dict = {}
    for name, values in _under(named, head).items():
        code, _dot, column = name.rpartition(".")
        found.setdefault(code, {})[column] = values
    return found


@cache
def code_version():
    """Name the code that calculates: the product's version, and a checksum of the engine's sources."""
    whole = hashlib.sha256()
    engine = resources.files("commissions.engine")
    for path, text in sorted(_sources(engine, "")):
        whole.update(path.encode() + b"\0" + text + b"\0")
    product = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return f"{product['version']}+{whole.hexdigest()[:12]}"


def _sources(folder, path):
    for each in folder.iterdir():
        if each.is_dir() and not each.name.startswith("__"):
            yield from _sources(each, f"{path}{each.name}/")
        elif each.name.endswith(".py"):
            yield path + each.name, each.read_bytes()
