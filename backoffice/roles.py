"""The roles at head office: four groups, and what each may see and change.

``write`` gives every group what stands here and takes nothing away that head office added by hand - but what hands out
rights: that is a superuser's alone, since who holds it holds everything.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

SEE, ADD, CHANGE, DELETE = "view", "add", "change", "delete"

PEOPLE = ("genealogy.user", "genealogy.distributor", "genealogy.market")
TREES = ("genealogy.tree", "genealogy.position")
CATALOGUE = ("storefront.category", "storefront.product", "storefront.price", "storefront.delivery")
SHOPS = ("storefront.site", "storefront.customer")
ORDERS = ("storefront.order", "storefront.orderline")
MONEY = ("storefront.payment", "storefront.refund", "storefront.refundline", "storefront.webhookevent")
PLAN = ("commissions.planversion", "commissions.period")
SIMULATOR = ("commissions.simulation",)
EARNED = ("commissions.volumeentry", "commissions.fact", "commissions.standing", "commissions.earningtotal")
RUNS = ("commissions.run", "commissions.adjustment", "commissions.hold")
TOLD = ("backoffice.notification", "backoffice.mail")
EVENTS = ("outbox.event", "outbox.delivery")
GROUPS = ("auth.group",)

HANDS_OUT_RIGHTS = {"auth.add_group", "auth.change_group", "auth.delete_group"}

EVERYTHING = (*PEOPLE, *TREES, *CATALOGUE, *SHOPS, *ORDERS, *MONEY, *PLAN, *EARNED, *RUNS, *TOLD, *EVENTS, *GROUPS)


def may(models, *actions):
    """Spell out the permissions for some actions on some models: ``app.action_model``."""
    return {f"{app}.{action}_{name}" for app, name in (model.split(".") for model in models) for action in actions}


# A run takes two of these people: whoever calculated it cannot approve it, whatever the rights.
CLOSES_PERIODS = {f"commissions.{right}" for right in ("calculate_run", "approve_run", "close_run", "settle_earnings")}

ROLES = {
    "admin": may(EVERYTHING, SEE)
    | may((*PEOPLE, *CATALOGUE, *SHOPS), ADD, CHANGE)
    | may(CATALOGUE, DELETE)
    | may(("commissions.planversion", "commissions.period"), ADD, CHANGE)
    | may(SIMULATOR, SEE, ADD, DELETE)
    | CLOSES_PERIODS
    | {"storefront.refund_order", "backoffice.view_board", "backoffice.view_outbox", "backoffice.replay_outbox"},
    "finance": may((*ORDERS, *MONEY, *PLAN, *EARNED, *RUNS, "genealogy.distributor", "genealogy.market"), SEE)
    | may(SIMULATOR, SEE, ADD)
    | CLOSES_PERIODS
    | {"storefront.refund_order", "backoffice.view_board"},
    "support": may((*PEOPLE, *TREES, *SHOPS, *ORDERS, *TOLD), SEE)
    | may(("genealogy.distributor", "storefront.customer"), CHANGE)
    | {"backoffice.view_outbox"},
    "marketing": may((*CATALOGUE, "storefront.site", "genealogy.market"), SEE)
    | may(CATALOGUE, ADD, CHANGE)
    | may(("storefront.site",), CHANGE)
    | {"backoffice.view_board"},
}


@transaction.atomic
def write():
    """Write the groups. Safe to repeat. LookupError names a permission that no app declares."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for name, wanted in ROLES.items():
        missing = sorted(wanted - known.keys())
        if missing:
            raise LookupError(f"Role {name!r}: no app declares {', '.join(missing)}. Run migrate first.")
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(known[permission] for permission in wanted))
        group.permissions.remove(*(known[permission] for permission in HANDS_OUT_RIGHTS))
