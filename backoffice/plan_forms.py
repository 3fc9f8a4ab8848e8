"""The form in which a simulation is asked for: periods, a plan to start from, and each of its numbers, or a whole document.

Which numbers there are, and how they are named, is read from the plan: a new kind of bonus needs nothing here.
"""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import simulator
from commissions import plan_versions, simulations
from commissions.engine import document as engine_document
from commissions.engine import editing
from commissions.engine.toml_text import toml
from commissions.models import Period, PlanVersion

LARGEST = 500_000
"""The longest document that is read, in bytes."""

NUMBERS, DOCUMENT = "numbers", "document"
ABBREVIATIONS = ("pv", "gv", "cv", "qv")
FIRST_OF_RANGE = 2
FEW_BONUSES = 3


def words_of(key):
    """Write a key of a document as words: ``active_only`` is Active only, ``pv`` is PV."""
    return key.upper() if key in ABBREVIATIONS else key.replace("_", " ").capitalize()


def label_of(setting, names):
    """Write the path of a setting within its table as words: ``legs[1].count`` is Legs 1: count."""
    parts = []
    for key, number in re.findall(r"([^.\[\]]+)(?:\[(\d+)\])?", setting.key):
        written = names.get(key) or words_of(key)
        parts.append(f"{written} {number}" if number else written)
    return ": ".join([parts[0], *(part if part.isupper() or part in names.values() else part.lower() for part in parts[1:])])


class SimulationForm(forms.Form):
    """What is to be simulated. ``plan`` is the engine's plan that the numbers start from, ``mode`` how it is changed."""

    first = forms.ModelChoiceField(Period.objects.none(), label=gettext_lazy("From"), empty_label=None)
    last = forms.ModelChoiceField(Period.objects.none(), label=gettext_lazy("To"), empty_label=None)
    baseline = forms.ModelChoiceField(
        PlanVersion.objects.all(), label=gettext_lazy("Compared with"), required=False,
        empty_label=gettext_lazy("the plan that each period counted by"),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, required=False, help_text=gettext_lazy("To find it again in the list.")
    )
    document = forms.CharField(
        label=gettext_lazy("Plan document"), required=False, strip=False, max_length=LARGEST,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code", "wrap": "off"}),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or a file"), required=False,
        help_text=gettext_lazy("A TOML file; it counts instead of the text above."),
        widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
    )  # fmt: skip

    def __init__(self, data=None, files=None, *, plan, text, mode, **options):
        self.plan, self.mode = plan, mode
        periods = list(simulator.periods().select_related("plan"))
        options.setdefault("initial", {})
        options["initial"] = {**self._range(periods), "document": text, **options["initial"]}
        super().__init__(data, files, **options)
        for field in ("first", "last"):
            self.fields[field].queryset = simulator.periods()
        self.settings = {}
        if mode == NUMBERS:
            del self.fields["document"], self.fields["file"]
            for setting in editing.settings(plan):
                self.settings[setting.path] = setting
                self.fields[setting.path] = self._field(setting)

    @staticmethod
    def _range(periods):
        """Choose the last three periods of the newest type that are over, or what there is."""
        if not periods:
            return {}
        alike = [period for period in periods if period.kind == periods[0].kind]
        over = [period for period in alike if period.status != period.Status.OPEN] or alike[1:] or alike
        return {"first": over[min(FIRST_OF_RANGE, len(over) - 1)], "last": over[0]}

    def _field(self, setting):
        label = label_of(setting, self._rank_names)
        if setting.words:
            blank = [("", _("not set"))] if setting.optional else []
            choices = [*blank, *((word, words_of(word)) for word in setting.words)]
            return forms.ChoiceField(label=label, choices=choices, initial=setting.value, required=not setting.optional)
        attributes = {"autocomplete": "off", "autocapitalize": "off"}
        if not setting.is_list:
            attributes["inputmode"] = "decimal"
        return forms.CharField(
            label=label,
            initial=setting.value,
            required=not setting.optional,
            max_length=2_000,
            widget=forms.TextInput(attrs=attributes),
            help_text=_("Separated by commas.") if setting.is_list else "",
        )

    @cached_property
    def _rank_names(self):
        return {rank.code: rank.name for rank in self.plan.ranks}

    def groups(self):
        """Yield the settings in groups, each with its name, its fields, and whether it stands open from the beginning.

        Those of bonuses do, if there are few, and whatever is wrong or changed.
        """
        tables: dict = {}
        for path, setting in self.settings.items():
            tables.setdefault(setting.table, []).append(self[path])
        few = len(self.plan.bonuses) <= FEW_BONUSES
        for table, fields in tables.items():
            wrong = any(field.errors for field in fields)
            changed = self.is_bound and any(field.value() != field.initial for field in fields)
            yield {
                "name": self._named(table),
                "fields": fields,
                "open": wrong or changed or (few and table.startswith("bonuses")),
                "wrong": wrong,
            }

    def _named(self, table):
        """Name a table of the plan: a rank or a bonus by its own name."""
        found = re.fullmatch(r"(\w+)\[(\d+)\]", table)
        if found is None:
            return words_of(table)
        row = getattr(self.plan, found[1])[int(found[2]) - 1]
        return getattr(row, "name", f"{words_of(found[1])} {found[2]}")

    def clean(self):
        """Read the plan as it was changed, and put what is wrong with it beside the field that it is about."""
        facts = super().clean()
        self.text = self._numbers(facts) if self.mode == NUMBERS else self._document(facts)
        return facts

    def _numbers(self, facts):
        """Return the document of the plan with the numbers that were written otherwise."""
        written = {path: facts[path] for path, each in self.settings.items() if path in facts and facts[path] != each.value}
        try:
            return toml(engine_document.write(editing.changed(self.plan, written)))
        except engine_document.Refused as refused:
            for problem in refused.problems:
                self._blame(problem)
            return None

    def _blame(self, problem):
        """Say at a field what is wrong with it; at the top what no field shows."""
        paths = [path for path in self.settings if problem.path == path or problem.path.startswith((f"{path}[", f"{path}."))]
        said = _("%(path)s %(found)s. Expected: %(expected)s.") % {
            "path": problem.path, "found": problem.found, "expected": problem.expected,
        }  # fmt: skip
        self.add_error(max(paths, key=len, default=None), said)

    def _document(self, facts):
        """Return the document that was written or uploaded."""
        field = "file" if facts.get("file") else "document"
        try:
            text = self._read(facts["file"]) if facts.get("file") else facts.get("document", "")
            if not text.strip():
                raise ValidationError(_("Write a plan document here, or choose a file."))
            plan_versions.read(text)
        except ValidationError as refused:
            self.add_error(field, refused)
            return None
        return text

    @staticmethod
    def _read(file):
        if file.size > LARGEST:
            raise ValidationError(
                _("The file has %(size)d bytes; a plan document has %(most)d at most.") % {"size": file.size, "most": LARGEST}
            )
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValidationError(_("The file is no text: a plan document is a TOML file in UTF-8.")) from error

    def save(self, owner):
        """Ask for the simulation and return it; None when it makes no sense, and the form says why."""
        facts = self.cleaned_data
        question = simulations.Question(self.text, facts["first"], facts["last"], facts["baseline"], facts["name"])
        try:
            return simulations.ask(question, owner=owner)
        except ValidationError as refused:
            self.add_error(None, refused)
            return None
