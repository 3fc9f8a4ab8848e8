"""The only writer of positions: plant a tree, enrol, place, load, re-space and rebuild it, and prove it sound.

``parent`` is the truth and ``lft``/``rght`` an index of it whose labels keep gaps; docs/trees.md tells the algorithm
and the locks. From outside: ``from genealogy import trees`` and ``trees.enrol(...)``.
"""

from genealogy.trees.loading import Entry, Loaded, Refusal, load
from genealogy.trees.placing import Placement, enrol, place, plant, tree_named
from genealogy.trees.proof import Fault, Verdict, verify
from genealogy.trees.rebuilding import rebuild
from genealogy.trees.spacing import respace, respace_all

__all__ = [
    "Entry",
    "Fault",
    "Loaded",
    "Placement",
    "Refusal",
    "Verdict",
    "enrol",
    "load",
    "place",
    "plant",
    "rebuild",
    "respace",
    "respace_all",
    "tree_named",
    "verify",
]
