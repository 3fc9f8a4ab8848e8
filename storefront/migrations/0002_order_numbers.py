"""Order numbers come from a sequence: short, unique, never handed out twice, no lock."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("storefront", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE storefront_order_number START 100001",
            "DROP SEQUENCE storefront_order_number",
        )
    ]
