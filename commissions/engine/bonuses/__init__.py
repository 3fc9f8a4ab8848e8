"""The vocabulary of bonuses: one module a kind, and the closed table from which a plan's ``kind`` selects."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commissions.engine.bonuses.bonus import Bonus
from commissions.engine.bonuses.retail_profit import RetailProfit
from commissions.engine.bonuses.unilevel import Unilevel

BONUSES: Final[Mapping[str, type[Bonus]]] = MappingProxyType({kind.kind: kind for kind in (RetailProfit, Unilevel)})
