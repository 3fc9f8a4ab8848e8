"""What must always hold of people and trees: run by ``manage.py verify``.

Each check returns its name, how many records it examined, and one sentence for each fault.
"""

from django.db import connection

from genealogy import trees
from genealogy.models import Distributor, Position, Tree


def each_tree_is_sound():
    """One parent each, no circle, everybody reached, labels that say the same as the parents, one child a leg."""
    faults, examined = [], 0
    for tree in Tree.objects.order_by("code"):
        verdict = trees.verify(tree)
        examined += verdict.positions
        faults += [
            f"{tree.code}: {fault.name}: {fault.count} positions, {', '.join(map(str, fault.positions))} among them"
            for fault in verdict.faults
        ]
    return "each tree is sound", examined, faults


def everybody_stands_in_the_sponsor_tree():
    """Each distributor, the house included, has a position in the sponsor tree."""
    lost = Distributor.objects.exclude(pk__in=Position.objects.filter(tree__code="sponsor").order_by().values("distributor"))
    faults = [
        f"distributor {pk} stands nowhere in the sponsor tree" for pk in lost.order_by("pk").values_list("pk", flat=True)[:20]
    ]
    return "everybody stands in the sponsor tree", Distributor.objects.count(), faults


def the_house_is_the_root():
    """There is one house account, and it is the root of each tree: what nobody referred goes to it."""
    faults = [
        f"{tree}: the root is distributor {distributor}, who is not the house"
        for tree, distributor in Position.objects.filter(parent=None, distributor__is_house=False)
        .order_by("tree__code")
        .values_list("tree__code", "distributor")
    ]
    if Distributor.objects.exists() and not Distributor.objects.filter(is_house=True).exists():
        faults.append("there is no house account")
    return "the house is the root of each tree", Tree.objects.count(), faults


def addresses_are_one_persons():
    """No two logins share an address, whatever its case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT upper(email)) FROM genealogy_user")
        users, addresses = cursor.fetchone()
    faults = [] if users == addresses else [f"{users} users share {addresses} addresses"]
    return "each e-mail address is one person's", users, faults


CHECKS = [each_tree_is_sound, everybody_stands_in_the_sponsor_tree, the_house_is_the_root, addresses_are_one_persons]
