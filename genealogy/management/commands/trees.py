"""``manage.py trees verify|rebuild|respace``: prove the trees, make their labels anew, or spread what has become dense."""

import time

from django.core.management.base import BaseCommand, CommandError

from genealogy import trees
from genealogy.models import Respacing, Tree
from genealogy.refusals import BrokenTree


class Command(BaseCommand):
    """Looks after the trees."""

    help = "Prove the trees sound, rebuild their labels from the parents, or spread labels that have become dense."

    def add_arguments(self, parser):
        """Take what to do, and for which tree."""
        parser.add_argument("what", choices=["verify", "rebuild", "respace"])
        parser.add_argument("--tree", help="the code of one tree, such as sponsor; all when not given")

    def handle(self, *args, what, tree, **options):
        """Do it for each tree, and fail when one is not sound."""
        try:
            chosen = [trees.tree_named(tree)] if tree else list(Tree.objects.order_by("code"))
        except LookupError as error:
            raise CommandError(str(error)) from error
        if not chosen:
            raise CommandError("There is no tree yet; a company is set up by the demo or by an import.")
        results = [getattr(self, f"_{what}")(each) for each in chosen]
        if not all(results):
            raise CommandError("Not every tree is sound. 'manage.py trees rebuild' makes labels anew from the parents.")

    def _verify(self, tree):
        verdict, seconds = timed(trees.verify, tree)
        state = "sound" if verdict.sound else "NOT SOUND"
        self.stdout.write(
            f"{tree.code}: {verdict.positions:,} positions, {verdict.deepest:,} deep, "
            f"{verdict.checks} checks, {state} ({seconds:.1f} s)"
        )
        for fault in verdict.faults:
            where = ", ".join(map(str, fault.positions))
            self.stdout.write(self.style.ERROR(f"  {fault.name}: {fault.count:,} positions, such as {where}"))
        return verdict.sound

    def _rebuild(self, tree):
        try:
            count, seconds = timed(trees.rebuild, tree)
        except BrokenTree as error:
            raise CommandError(f"{error} Mend the parents first; 'manage.py trees verify' names them.") from error
        self.stdout.write(f"{tree.code}: labels of {count:,} positions made anew ({seconds:.1f} s)")
        return True

    def _respace(self, tree):
        waiting = Respacing.objects.filter(tree=tree).select_related("tree").order_by("pk")
        moved, seconds = timed(lambda: sum(trees.respace(each) for each in waiting))
        self.stdout.write(f"{tree.code}: {moved:,} labels moved ({seconds:.1f} s)")
        return True


def timed(call, *args):
    """Return what a call returns and the seconds it took."""
    started = time.monotonic()
    return call(*args), time.monotonic() - started
