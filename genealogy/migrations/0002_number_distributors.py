from django.db import migrations


class Migration(migrations.Migration):
    """Numbers for newcomers come from a sequence, so that two at once never get the same."""

    dependencies = [("genealogy", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE genealogy_distributor_number AS bigint START 100001",
            "DROP SEQUENCE genealogy_distributor_number",
        ),
    ]
