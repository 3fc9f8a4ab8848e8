"""What the genealogy refuses, in words for the person who asked. Nothing is written when one of these is raised."""


class Refused(ValueError):
    """A wish that cannot be granted; the message names the thing and what was expected."""


class UnknownSponsor(Refused):
    """Nobody has the number, or that distributor does not stand in the tree."""


class SponsorNotActive(Refused):
    """A suspended or terminated distributor enrols nobody."""


class DuplicateEmail(Refused):
    """Somebody signs in with this address already."""


class DuplicateNumber(Refused):
    """A distributor has this number already."""


class AlreadyEnrolled(Refused):
    """This user is a distributor already."""


class AlreadyPlaced(Refused):
    """The distributor stands in this tree already; a person has one position in a tree."""


class LegTaken(Refused):
    """Somebody stands in this leg already."""


class UnknownLeg(Refused):
    """The tree has no such leg."""


class BrokenTree(Refused):
    """The parents do not form one tree, so labels cannot be made from them."""
