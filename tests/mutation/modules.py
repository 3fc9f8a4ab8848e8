"""Which tests concern which module of the engine: its own first, then the twins and worked examples that go through it.

A module that the table does not name is tried with the test of the same name and all worked examples.
"""

from fnmatch import fnmatch
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
ENGINE = BASE_DIR / "commissions" / "engine"
TESTS = "tests/commissions/engine/"
PLANS = "tests/commissions/plans/"
EXAMPLE = f"{PLANS}test_worked_examples.py::test_the_example_comes_out_to_the_cent"

# A word stands for tests/commissions/engine/test_<word>.py, kinds/<word> for one in that folder, <word>::<name> for one
# test of a module; @<pattern> for worked examples.
REFUSED = "kinds/beginnings_refused kinds/beginnings_explained"
UPLINES = "kinds/unilevel_levels kinds/differential kinds/generation kinds/infinity kinds/breakaway kinds/uplines_bounds"
NEWCOMERS = (
    "kinds/n_up kinds/coded kinds/fast_start kinds/customer_acquisition kinds/sponsor_flat kinds/mentor kinds/rewards_of_ranks"
)
LEVELLED = "kinds/unilevel_levels kinds/uplines_bounds"
SUMS = "kinds/rewards_of_ranks kinds/caps kinds/pool kinds/board kinds/streamline"
LEGS = "kinds/binary_percentage kinds/binary_cycle"
RANKS = "requirements ranks @ranks_* @requirements_* ranks_twin ranks_moments"
SLICES = "kinds/uplines_refreshed slices::refreshing_on_slices_equals_the_whole_run slices_of_everybody slices_ranks"
GOALS = "goals goals_of_any_plan"
DOCUMENT = "plan schema docs kinds/beginnings_refused editing lint"

CONCERN = {
    "arrays": f"kinds/volume_rebate kinds/caps kinds/coded kinds/n_up twin_agrees requirements {SLICES} @volume_rebate* @caps*",
    "bonuses": "plan @*",
    "bonuses.binary_cycle": "kinds/binary_cycle kinds/binary_stairs plan @binary_cycle* @plan_binary lint",
    "bonuses.binary_percentage": "kinds/binary_percentage plan @binary_percentage* @plan_binary lint",
    "bonuses.board": "kinds/board plan @board* lint",
    "bonuses.bonus": f"twin_agrees plan {UPLINES} {NEWCOMERS} explain slices @*",
    "bonuses.breakaway": "kinds/breakaway plan kinds/uplines_bounds @breakaway* @plan_breakaway",
    "bonuses.coded": f"kinds/coded {REFUSED} @coded*",
    "bonuses.crediting": "kinds/coded kinds/customer_acquisition kinds/sponsor_flat kinds/sales_left_to_others @coded*",
    "bonuses.cycles": "kinds/cycles kinds/binary_cycle kinds/binary_refused kinds/binary_stairs @binary_cycle*",
    "bonuses.customer_acquisition": f"kinds/customer_acquisition {REFUSED} @customer_acquisition*",
    "bonuses.differential": f"{UPLINES} kinds/uplines_refreshed kinds/differential_marginal plan @differential* @plan_breakaway",
    "bonuses.dues": f"{NEWCOMERS} kinds/party {REFUSED} @n_up* @coded* @customer* @mentor* @sponsor* @party*",
    "bonuses.equalisation": "kinds/equalisation plan kinds/uplines_bounds @equalisation*",
    "bonuses.fast_start": f"kinds/fast_start kinds/newcomers_refreshed {REFUSED} @fast_start* @published*",
    "bonuses.fee": "kinds/fee plan @fee*",
    "bonuses.generation": "kinds/generation plan kinds/uplines_bounds @generation*",
    "bonuses.generations": f"{UPLINES} kinds/equalisation kinds/matching @generation* @equal* @match*",
    "bonuses.greater_of": "kinds/caps plan @greater_of @matching_before_caps*",
    "bonuses.groups": "kinds/breakaway kinds/differential kinds/guarantee @breakaway* @differential* @guarantee*",
    "bonuses.guarantee": "kinds/guarantee plan kinds/uplines_bounds @guarantee*",
    "bonuses.heads": f"{UPLINES} kinds/equalisation kinds/guarantee @breakaway* @generation* @guarantee*",
    "bonuses.host_rewards": f"kinds/party {REFUSED} @party*",
    "bonuses.infinity": "kinds/infinity kinds/by_requirement plan kinds/uplines_bounds @infinity*",
    "bonuses.legs": f"{LEGS} plan @binary* @plan_binary @published_binary*",
    "bonuses.levels": f"{LEVELLED} kinds/by_requirement twin_agrees kinds/matching {SLICES} @unilevel* @matching*",
    "bonuses.lifestyle": f"kinds/rewards_of_ranks {REFUSED} @lifestyle*",
    "bonuses.lines": f"twin_agrees {UPLINES} {NEWCOMERS} kinds/party {LEGS} kinds/pool slices @*",
    "bonuses.loyalty": f"kinds/rewards_of_ranks {REFUSED} @loyalty*",
    "bonuses.marginal": "kinds/differential_marginal plan @differential_marginal @volume_rebate_marginal*",
    "bonuses.matching": "kinds/by_requirement kinds/matching kinds/caps plan @matching*",
    "bonuses.matrix": f"{LEVELLED} kinds/uplines_refreshed plan @matrix* @plan_matrix",
    "bonuses.measured": f"{UPLINES} kinds/volume_rebate @volume_rebate* @differential*",
    "bonuses.mentor": f"kinds/mentor {REFUSED} @mentor*",
    "bonuses.n_up": f"kinds/n_up {REFUSED} @n_up*",
    "bonuses.party": f"kinds/party {REFUSED} @party*",
    "bonuses.payees": f"{UPLINES} kinds/uplines_refreshed kinds/rewards_of_ranks kinds/sales_left_to_others @lifestyle*",
    "bonuses.pool": "kinds/pool plan @pool* lint",
    "bonuses.rank_advancement": f"kinds/rewards_of_ranks {REFUSED} @rank_advancement*",
    "bonuses.rates": f"{UPLINES} kinds/uplines_refreshed kinds/by_requirement kinds/volume_rebate plan @volume_rebate*",
    "bonuses.retail_profit": "kinds/retail_profit kinds/newcomers_refreshed twin_agrees plan @retail_profit* @files_retail*",
    "bonuses.rewards": f"kinds/coded kinds/customer_acquisition {REFUSED} @coded* @customer*",
    "bonuses.rows": "kinds/by_requirement kinds/unilevel_levels kinds/volume_rebate plan @*by_requirement",
    "bonuses.sources": f"twin_agrees kinds/unilevel_levels {NEWCOMERS} kinds/retail_profit {SLICES} @*",
    "bonuses.sponsor_flat": f"kinds/sponsor_flat {REFUSED} @sponsor_flat*",
    "bonuses.stated": f"{LEGS} {SUMS} plan @binary* @pool* @board*",
    "bonuses.stairs": "kinds/binary_stairs kinds/binary_cycle plan @binary_cycle*",
    "bonuses.streamline": "kinds/streamline plan @streamline*",
    "bonuses.unilevel": f"{LEVELLED} twin_agrees plan {SLICES} kinds/fast_start @unilevel* @matrix*",
    "bonuses.volume_rebate": "kinds/volume_rebate kinds/by_requirement plan kinds/uplines_bounds @volume_rebate*",
    "bonuses.walking": f"twin_agrees kinds/unilevel_levels {NEWCOMERS} explain {SLICES}",
    "bonuses.windows": f"kinds/windows kinds/fast_start kinds/customer_acquisition kinds/party {REFUSED} @fast_start* @customer*",
    "buyers": "twin_agrees requirements kinds/retail_profit @*",
    "calculate": f"twin_agrees snapshot ranks_twin kinds/caps {SLICES} @*",
    "calculation": f"twin_agrees kinds/caps kinds/rewards_of_ranks {LEGS} @*",
    "candidates": GOALS,
    "caps": "kinds/caps plan lint @caps* @binary* @published*",
    "clipped": "clipped kinds/guarantee kinds/differential_marginal @guarantee*",
    "compare": "compare",
    "document": DOCUMENT,
    "editing": "editing",
    "explain": "explain kinds/beginnings_explained",
    "forest": f"tree snapshot {LEGS} kinds/unilevel_levels {SLICES} @plan_* @matrix* @placement*",
    "goals": GOALS,
    "held": "held kinds/uplines_refreshed slices slices_shipped slices_of_everybody slices_ranks",
    "kinds": DOCUMENT,
    "lacks": f"lacks ranks requirements {GOALS}",
    "ladder": f"plan {RANKS} lint",
    "legs": f"plan {RANKS}",
    "lint": "lint kinds/uplines_bounds",
    "moments": f"ranks_moments {RANKS}",
    "money": "money twin_agrees",
    "names": DOCUMENT,
    "periods": "plan schema @periods* kinds/binary_percentage",
    "placement": "snapshot plan @placement* @ranks_elsewhere*",
    "plan": f"{DOCUMENT} @*",
    "ranks": f"{RANKS} {SLICES}",
    "reach": "reach kinds/uplines_refreshed slices slices_shipped",
    "requirements": RANKS,
    "requirements.alternatives": RANKS,
    "requirements.history": RANKS,
    "requirements.people": RANKS,
    "requirements.requirement": RANKS,
    "requirements.volume": RANKS,
    "result": f"result twin_agrees compare explain {SLICES} @*",
    "returns": "plan twin_agrees kinds/coded kinds/customer_acquisition @*",
    "running": "running kinds/volume_rebate @volume_rebate*",
    "schema": "schema docs",
    "seats": "seats",
    "slices": "kinds/uplines_refreshed slices slices_shipped slices_of_everybody slices_ranks",
    "snapshot": f"snapshot twin_agrees {SLICES} @*",
    "standing": f"ranks_twin twin_agrees {GOALS} {SLICES}",
    "state": "ranks_twin kinds/rewards_of_ranks @*",
    "tenure": RANKS,
    "toml_text": "editing schema",
    "tree": f"tree snapshot {UPLINES}",
    "trials": GOALS,
    "volumes": f"twin_agrees snapshot requirements ranks_twin {SLICES} kinds/breakaway @*",
    "ways": GOALS,
}


def names() -> list[str]:
    """Return the engine's modules as ``bonuses.coded``, ``bonuses`` for a package's own, without those that hold nothing."""
    found = []
    for path in sorted(ENGINE.rglob("*.py")):
        parts = path.relative_to(ENGINE).with_suffix("").parts
        found.append(".".join(part for part in parts if part != "__init__"))
    return [name for name in found if name]


def path_of(name: str) -> Path:
    """Return where a module's source is."""
    path = ENGINE.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def of_the_same_name(name: str) -> str:
    """Say which tests concern a module that the table does not name."""
    own = name.replace("bonuses.", "kinds/")
    folder, slash, module = own.rpartition("/")
    return f"{own if (BASE_DIR / TESTS / f'{folder}{slash}test_{module}.py').exists() else 'twin_agrees'} @*"


def tests_of(name: str) -> list[str]:
    """Return the tests that concern a module, as pytest wants them, each once and in this order."""
    found: dict[str, None] = {}
    examples = sorted(path.stem for folder in (".", "published") for path in (BASE_DIR / PLANS / folder).glob("*.toml"))
    for word in CONCERN.get(name, of_the_same_name(name)).split():
        if word == "@*":
            found[EXAMPLE] = None
        elif word.startswith("@"):
            found |= {f"{EXAMPLE}[{stem}]": None for stem in examples if fnmatch(stem, word[1:])}
        else:
            folder, slash, own = word.rpartition("/")
            module, one, name = own.partition("::")
            found[f"{TESTS}{folder}{slash}test_{module}.py" + (f"::test_{name}" if one else "")] = None
    return [test for test in found if not (test.startswith(f"{EXAMPLE}[") and EXAMPLE in found)]
