"""``manage.py plan_schema``: write the JSON Schema of plan documents anew."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from commissions.engine import schema

PLACE = Path(settings.BASE_DIR) / "docs" / "plans" / "plan.schema.json"


def written():
    """Return the schema as the file has it."""
    return json.dumps(schema.of_plan(), indent=1, ensure_ascii=False) + "\n"


class Command(BaseCommand):
    help = "Write the JSON Schema of plan documents to docs/plans/plan.schema.json."
    requires_system_checks: list[str] = []

    def handle(self, **options):
        PLACE.write_text(written(), encoding="utf-8")
        self.stdout.write(f"written to {PLACE}")
