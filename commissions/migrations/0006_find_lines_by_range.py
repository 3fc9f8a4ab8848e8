"""Find the lines of a run by ranges of pages: they lie in the order of their numbers, and an entry each took as long as the lines."""

import django.contrib.postgres.indexes
from django.db import migrations

WITHOUT_KEY = "ALTER TABLE commissions_runline DROP CONSTRAINT commissions_runline_pkey"
WITH_KEY = "ALTER TABLE commissions_runline ADD PRIMARY KEY (run_id, number)"


class Migration(migrations.Migration):
    dependencies = [("commissions", "0005_simulations")]

    operations = [
        migrations.RunSQL(WITHOUT_KEY, WITH_KEY),
        migrations.AddIndex(
            model_name="runline",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["number"], name="run_line_by_number", pages_per_range=16),
        ),
    ]
