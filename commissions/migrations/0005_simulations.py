"""Simulations and their results, which never change once they are there; and plan versions that are drafts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A result stays as it was found; only who asked for it may be forgotten, with the login.
REFUSE_CHANGES = """
CREATE TRIGGER simulated_periods_never_change BEFORE UPDATE ON commissions_simulatedperiod
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_change();
CREATE TRIGGER simulated_people_never_change BEFORE UPDATE ON commissions_simulatedpeople
    FOR EACH STATEMENT EXECUTE FUNCTION commissions_refuse_change();
CREATE TRIGGER simulation_done_never_changes BEFORE UPDATE ON commissions_simulation
    FOR EACH ROW WHEN (OLD.state = 'done' AND to_jsonb(OLD) - 'owner_id' IS DISTINCT FROM to_jsonb(NEW) - 'owner_id')
    EXECUTE FUNCTION commissions_refuse_change();
"""
ALLOW_CHANGES = """
DROP TRIGGER simulation_done_never_changes ON commissions_simulation;
DROP TRIGGER simulated_people_never_change ON commissions_simulatedpeople;
DROP TRIGGER simulated_periods_never_change ON commissions_simulatedperiod;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("commissions", "0004_settled_periods_never_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SimulatedPeople",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_id", models.BigIntegerField(verbose_name="first distributor")),
                ("last_id", models.BigIntegerField(verbose_name="last distributor")),
                ("data", models.BinaryField(verbose_name="data")),
            ],
            options={
                "verbose_name": "simulated people",
                "verbose_name_plural": "simulated people",
                "ordering": ["simulated_id", "first_id"],
            },
        ),
        migrations.CreateModel(
            name="SimulatedPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "own",
                    models.CharField(
                        help_text="The name of the company's own period that it ends in.", max_length=40, verbose_name="ends in"
                    ),
                ),
                ("is_own", models.BooleanField(verbose_name="is that period")),
                ("kind", models.CharField(max_length=40, verbose_name="type")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("time_zone", models.CharField(max_length=64, verbose_name="time zone")),
                ("starts_at", models.DateTimeField(verbose_name="starts")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                ("figures", models.JSONField(verbose_name="figures")),
            ],
            options={
                "verbose_name": "simulated period",
                "verbose_name_plural": "simulated periods",
                "ordering": ["simulation", "number"],
            },
        ),
        migrations.CreateModel(
            name="Simulation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("document", models.TextField(help_text="The plan that is tried, as TOML.", verbose_name="document")),
                ("checksum", models.CharField(max_length=64, verbose_name="checksum")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("cancel_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="cancel asked")),
                ("step", models.PositiveIntegerField(default=0, verbose_name="step")),
                ("steps", models.PositiveIntegerField(verbose_name="steps")),
                ("doing", models.CharField(blank=True, max_length=20, verbose_name="doing")),
                ("error", models.TextField(blank=True, verbose_name="what went wrong")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "bonuses",
                    models.JSONField(help_text="Code and name of every bonus of any plan in it.", verbose_name="bonuses"),
                ),
                (
                    "ranks",
                    models.JSONField(
                        help_text="Code and name of every rank of any plan in it, the lowest first.", verbose_name="ranks"
                    ),
                ),
                (
                    "changes",
                    models.JSONField(
                        help_text="Where the plan that is tried differs: path, before, after.", verbose_name="changes"
                    ),
                ),
                ("figures", models.JSONField(blank=True, null=True, verbose_name="figures")),
                (
                    "carried",
                    models.BinaryField(
                        blank=True, help_text="What the next period needs to know.", null=True, verbose_name="state carried on"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="asked at"),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "simulation",
                "verbose_name_plural": "simulations",
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="planversion",
            name="plan_effective_from_unique",
        ),
        migrations.AddField(
            model_name="planversion",
            name="is_draft",
            field=models.BooleanField(
                default=False, help_text="A draft never comes into force; take the mark away to let it.", verbose_name="draft"
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_draft", False)), fields=("code", "effective_from"), name="plan_effective_from_unique"
            ),
        ),
        migrations.AddField(
            model_name="simulatedpeople",
            name="simulated",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="people",
                to="commissions.simulatedperiod",
                verbose_name="simulated period",
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="baseline",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: with the plan that each period counts by.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="commissions.planversion",
                verbose_name="compared with",
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="first",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commissions.period", verbose_name="from"
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="last",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commissions.period", verbose_name="to"
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="simulations",
                to=settings.AUTH_USER_MODEL,
                verbose_name="asked by",
            ),
        ),
        migrations.AddField(
            model_name="simulatedperiod",
            name="simulation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="periods",
                to="commissions.simulation",
                verbose_name="simulation",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulatedpeople",
            constraint=models.UniqueConstraint(fields=("simulated", "first_id"), name="simulated_people_unique"),
        ),
        migrations.AddConstraint(
            model_name="simulatedpeople",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_id__lte", models.F("last_id"))), name="simulated_people_in_order"
            ),
        ),
        migrations.AddIndex(
            model_name="simulation",
            index=models.Index(condition=models.Q(("state__in", ["waiting", "running"])), fields=["id"], name="simulation_to_do"),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "running", "done", "cancelled", "failed"])),
                name="simulation_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__lte", models.F("steps"))), name="simulation_step_within_steps"
            ),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "done"), _negated=True), ("figures__isnull", False), _connector="OR"),
                name="simulation_done_has_figures",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulatedperiod",
            constraint=models.UniqueConstraint(fields=("simulation", "number"), name="simulated_period_unique"),
        ),
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
    ]
