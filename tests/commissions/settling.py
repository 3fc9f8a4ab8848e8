"""Two people at head office who calculate, approve and close, for the tests of runs."""

from django.contrib.auth.models import Permission
from django.utils import timezone

from commissions import runs
from commissions.models import Run
from commissions.runs import calculation
from genealogy.models import User

RIGHTS = ("calculate_run", "approve_run", "close_run", "settle_earnings")


def somebody(name, *rights):
    """Return a user with rights on runs, by default all of them."""
    user = User.objects.create_user(f"{name}@example.com", name=name.title(), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="commissions", codename__in=rights or RIGHTS))
    return User.objects.get(pk=user.pk)


def calculated(period, by, *, how=runs.calculate):
    """Calculate a period here and now, in the test's own transaction."""
    run = how(period, by=by)
    Run.objects.filter(pk=run.pk, cut_at=None).update(cut_at=timezone.now())
    run = Run.objects.select_related("period__plan", "plan", "repeats", "follows__plan").get(pk=run.pk)
    calculation.calculate(run)
    return Run.objects.select_related("period__plan", "plan").get(pk=run.pk)


def closed(period, clerk, second):
    """Calculate, approve and close a period, and return its run."""
    run = runs.approve(calculated(period, clerk), by=second)
    return runs.close(run, by=second)
