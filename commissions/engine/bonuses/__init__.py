"""The vocabulary of bonuses: one module a kind, and the closed table from which a plan's ``kind`` selects."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commissions.engine.bonuses.binary_cycle import BinaryCycle
from commissions.engine.bonuses.binary_percentage import BinaryPercentage
from commissions.engine.bonuses.board import Board
from commissions.engine.bonuses.bonus import Bonus
from commissions.engine.bonuses.breakaway import Breakaway
from commissions.engine.bonuses.coded import Coded
from commissions.engine.bonuses.customer_acquisition import CustomerAcquisition
from commissions.engine.bonuses.differential import Differential
from commissions.engine.bonuses.equalisation import Equalisation
from commissions.engine.bonuses.fast_start import FastStart
from commissions.engine.bonuses.fee import Fee
from commissions.engine.bonuses.generation import Generation
from commissions.engine.bonuses.greater_of import GreaterOf
from commissions.engine.bonuses.guarantee import Guarantee
from commissions.engine.bonuses.infinity import Infinity
from commissions.engine.bonuses.lifestyle import Lifestyle
from commissions.engine.bonuses.loyalty import Loyalty
from commissions.engine.bonuses.matching import Matching
from commissions.engine.bonuses.matrix import Matrix
from commissions.engine.bonuses.mentor import Mentor
from commissions.engine.bonuses.n_up import NUp
from commissions.engine.bonuses.party import Party
from commissions.engine.bonuses.pool import Pool
from commissions.engine.bonuses.rank_advancement import RankAdvancement
from commissions.engine.bonuses.retail_profit import RetailProfit
from commissions.engine.bonuses.sponsor_flat import SponsorFlat
from commissions.engine.bonuses.streamline import Streamline
from commissions.engine.bonuses.unilevel import Unilevel
from commissions.engine.bonuses.volume_rebate import VolumeRebate

BONUSES: Final[Mapping[str, type[Bonus]]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            RetailProfit,
            VolumeRebate,
            Differential,
            Breakaway,
            Guarantee,
            Unilevel,
            Infinity,
            Generation,
            Matrix,
            FastStart,
            CustomerAcquisition,
            Coded,
            NUp,
            Party,
            SponsorFlat,
            Mentor,
            Streamline,
            Board,
            Fee,
            BinaryPercentage,
            BinaryCycle,
            Matching,
            Pool,
            RankAdvancement,
            Lifestyle,
            Equalisation,
            GreaterOf,
            Loyalty,
        )
    }
)
