"""What the genealogy stores: users, markets, distributors, trees and positions."""

from genealogy.models.distributor import Distributor
from genealogy.models.market import Market
from genealogy.models.position import OuterLeg, Position, Respacing, Tree
from genealogy.models.user import User

__all__ = ["Distributor", "Market", "OuterLeg", "Position", "Respacing", "Tree", "User"]
