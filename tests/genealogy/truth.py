"""The slow and obvious twin of the labels: downlines read from ``parent`` alone."""

from genealogy.models import Position


def assert_labels_tell_the_truth(tree):
    """Compare, for every position, who is inside its interval with who hangs below it over the parents."""
    positions = list(Position.objects.filter(tree=tree))
    children = {}
    for position in positions:
        children.setdefault(position.parent_id, []).append(position)
    for top in positions:
        inside = {p.pk for p in positions if top.lft < p.lft and p.rght < top.rght}
        touching = {p.pk for p in positions if top.lft < p.lft < top.rght or top.lft < p.rght < top.rght}
        below, todo = set(), list(children.get(top.pk, ()))
        while todo:
            position = todo.pop()
            below.add(position.pk)
            todo.extend(children.get(position.pk, ()))
        assert inside == touching == below


def outline(tree):
    """Write a tree as its names, indented by level, in the order of the labels."""
    rows = Position.objects.filter(tree=tree).order_by("lft").select_related("distributor")
    return "\n".join("  " * row.level + row.distributor.name for row in rows)
