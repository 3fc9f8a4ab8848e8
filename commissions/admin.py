"""Head office looks at plans, periods, volume and live figures. Plans are written here; the rest is read.

Nothing counts a table of millions: lists are counted as far as anybody turns pages, and searches use an
index: a whole reference, a distributor's whole number.
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from commissions import formats, live_pending, plan_versions, plan_warnings, standings
from commissions.models import Adjustment, EarningTotal, Fact, Hold, LivePending, Period, PlanVersion, Run, Standing, VolumeEntry
from genealogy.long_lists import Reading
from genealogy.models import Distributor


def numbered(term):
    """Return the ids of distributors with a whole public number."""
    return list(Distributor.objects.filter(number=term.strip().upper()).values_list("pk", flat=True))


def credited(queryset, term):
    """Find by a distributor's whole number, else by a whole reference: each by its own index, since both at once have none."""
    distributors = numbered(term)
    return queryset.filter(distributor__in=distributors) if distributors else queryset.filter(reference=term.strip())


class PlanForm(forms.ModelForm):
    """The document says everything; each thing that is wrong in it is named by its key."""

    class Meta:
        model = PlanVersion
        fields = ("document", "is_draft")
        widgets = {"document": forms.Textarea(attrs={"rows": 40, "cols": 100, "spellcheck": "false", "class": "vLargeTextField"})}

    def clean_document(self):
        """Read the document strictly and take the version's other fields from it."""
        text = self.cleaned_data["document"]
        found = plan_versions.fill(PlanVersion(document=text))
        known = PlanVersion.objects.filter(code=found.code, version=found.version).exclude(pk=self.instance.pk).first()
        if known:
            raise ValidationError(
                _("%(plan)s is stored already: give this one the next version number."), params={"plan": known}, code="taken"
            )
        return text

    def clean(self):
        """Let no two versions that are no drafts begin on one day."""
        facts = super().clean()
        if facts.get("document") and not facts.get("is_draft"):
            found = plan_versions.fill(PlanVersion(document=facts["document"]))
            same = PlanVersion.objects.filter(code=found.code, effective_from=found.effective_from, is_draft=False)
            if taken := same.exclude(pk=self.instance.pk).first():
                raise ValidationError(
                    _("%(plan)s takes effect on that day already: change effective_from, or keep this one as a draft."),
                    params={"plan": taken}, code="taken",
                )  # fmt: skip
        return facts

    def save(self, commit=True):
        """Store the version as its document says."""
        plan_versions.fill(self.instance)
        return super().save(commit)


@admin.register(PlanVersion)
class PlanVersionAdmin(admin.ModelAdmin):
    """Plans: a version is edited until a period counts by it; from then on a new version is stored."""

    form = PlanForm
    list_display = ("name", "code", "version", "effective_from", "is_draft", "in_use")
    list_filter = ("code",)
    readonly_fields = ("code", "version", "name", "effective_from", "checksum", "created_at")

    def get_fields(self, request, obj=None):
        """Show what the document said once it is stored."""
        return (*self.readonly_fields, "document", "is_draft") if obj else ("document", "is_draft")

    def save_model(self, request, obj, form, change):
        """Store the plan, and warn about what it promises."""
        super().save_model(request, obj, form, change)
        for warning in plan_warnings.told(plan_versions.load(obj)):
            self.message_user(request, warning, messages.WARNING)

    @admin.display(description=_("in use"), boolean=True)
    def in_use(self, version):
        """Whether a period counts by it."""
        return version.is_used

    def has_change_permission(self, request, obj=None):
        """A version in use is only read."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_used)

    def has_delete_permission(self, request, obj=None):
        """A version in use stays."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_used)


@admin.register(Period)
class PeriodAdmin(Reading):
    """Periods, as the plan's calendar cuts them; made by the product when they are needed."""

    list_display = ("name", "kind", "status", "plan", "starts_at", "ends_at", "time_zone")
    list_filter = ("status", "kind")
    list_select_related = ("plan",)
    actions = ("compute_anew",)

    @admin.action(description=_("Compute the live figures anew"), permissions=["compute_anew"])
    def compute_anew(self, request, queryset):
        """Have the live refresh read and calculate some periods from the beginning."""
        for period in queryset.filter(status=Period.Status.OPEN):
            live_pending.ask_reload(period.pk)
        self.message_user(request, _("The open ones among them will be computed anew in a few seconds."), messages.SUCCESS)

    def has_compute_anew_permission(self, request):
        """Whoever may change plans may ask for it."""
        return request.user.has_perm("commissions.change_planversion")


@admin.register(VolumeEntry)
class VolumeEntryAdmin(Reading):
    """Volume: every entry that commissions are computed from."""

    list_display = (
        "reference",
        "line",
        "seller",
        "period",
        "buyer_kind",
        "points",
        "commissionable",
        "paid",
        "credited_at",
        "is_late",
    )
    list_select_related = ("distributor", "period")
    search_fields = ("=reference",)
    search_help_text = _("A whole reference, such as order:81, or the whole number of a distributor")
    ordering = ("-id",)

    def get_search_results(self, request, queryset, search_term):
        """Find by whole reference or whole number: both are one look into an index."""
        if not search_term:
            return queryset, False
        return credited(queryset, search_term), False

    @admin.display(description=_("credited to"))
    def seller(self, entry):
        """The distributor's name and number."""
        return str(entry.distributor)

    @admin.display(description=_("PV"))
    def points(self, entry):
        """Qualifying points."""
        return formats.points(entry.pv)

    @admin.display(description=_("CV"))
    def commissionable(self, entry):
        """Commissionable points."""
        return formats.points(entry.cv)

    @admin.display(description=_("paid"))
    def paid(self, entry):
        """What the buyer paid."""
        return formats.money(entry.paid_minor, entry.currency)


class OpenPeriodFilter(admin.SimpleListFilter):
    """Shows one period at a time, the present one unless another is chosen: the tables hold millions of rows a month."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request, model_admin):
        """Name the periods, the newest first."""
        return [(str(pk), name) for pk, name in Period.objects.values_list("pk", "name")]

    def queryset(self, request, queryset):
        """Keep the rows of the chosen period."""
        chosen = self.value() or next(iter(self.lookup_choices), ("0", ""))[0]
        return queryset.filter(period_id=int(chosen)) if chosen.isdigit() else queryset.none()

    def choices(self, changelist):
        """Leave out the choice of all periods."""
        return list(super().choices(changelist))[1:]


@admin.register(Standing)
class StandingAdmin(Reading):
    """Live figures of the chosen period."""

    list_display = ("distributor", "points", "group_points", "is_active", "rank_name", "earned", "team_size", "updated_at")
    list_filter = (OpenPeriodFilter,)
    list_select_related = ("distributor", "period__plan")
    ordering = ("distributor_id",)
    search_fields = ("=distributor__number",)
    search_help_text = _("The whole number of a distributor")

    def get_search_results(self, request, queryset, search_term):
        """Find by whole number."""
        return (queryset.filter(distributor__in=numbered(search_term)) if search_term else queryset), False

    @admin.display(description=_("PV"))
    def points(self, standing):
        """Own points."""
        return formats.points(standing.pv)

    @admin.display(description=_("GV"))
    def group_points(self, standing):
        """Points of the whole downline."""
        return formats.points(standing.gv)

    @admin.display(description=_("rank"))
    def rank_name(self, standing):
        """The paid-as rank by its name."""
        return standings.rank_name(standing.period, standing.rank)

    @admin.display(description=_("earned"))
    def earned(self, standing):
        """All bonuses so far."""
        return formats.money(standing.earned_minor, plan_versions.load(standing.period.plan).currency)


@admin.register(EarningTotal)
class EarningTotalAdmin(Reading):
    """Earnings of the chosen period by bonus."""

    list_display = ("distributor", "bonus", "amount")
    list_filter = (OpenPeriodFilter, "bonus")
    list_select_related = ("distributor",)
    ordering = ("distributor_id", "bonus")
    search_fields = ("=distributor__number",)
    search_help_text = _("The whole number of a distributor")

    def get_search_results(self, request, queryset, search_term):
        """Find by whole number."""
        return (queryset.filter(distributor__in=numbered(search_term)) if search_term else queryset), False

    @admin.display(description=_("amount"))
    def amount(self, total):
        """The amount in the plan's currency."""
        return formats.money(total.amount_minor, total.currency)


@admin.register(Fact)
class FactAdmin(Reading):
    """Dated facts that ranks and pay gates ask for."""

    list_display = ("kind", "distributor", "value", "at", "reference")
    list_select_related = ("distributor",)
    search_fields = ("=reference",)
    search_help_text = _("A whole reference, or the whole number of a distributor")

    def get_search_results(self, request, queryset, search_term):
        """Find by whole reference or whole number."""
        if not search_term:
            return queryset, False
        return credited(queryset, search_term), False


@admin.register(LivePending)
class LivePendingAdmin(Reading):
    """What the live refresh has not taken in yet: empty, but for moments."""

    list_display = ("kind", "subject", "created_at")
    list_filter = ("kind",)
    ordering = ("id",)

    @admin.display(description=_("subject"))
    def subject(self, row):
        """What the row points to."""
        return format_html("{} {}", row.get_kind_display(), row.subject_id or "")


@admin.register(Run)
class RunAdmin(Reading):
    """Runs: calculated, approved and closed on the company's pages; here they are only read."""

    list_display = ("period", "number", "status", "payable", "calculated_by", "approved_by", "closed_by", "closed_at")
    list_filter = ("status", "period__kind")
    list_select_related = ("period", "calculated_by", "approved_by", "closed_by")
    exclude = ("review", "state")

    @admin.display(description=_("payable"))
    def payable(self, run):
        """The sum in the plan's currency."""
        return formats.money(run.payable_minor, run.currency) if run.currency else ""


class SettlementAdmin(Reading):
    """What was settled by hand, with who asked and who approved."""

    list_filter = (("approved_at", admin.EmptyFieldListFilter), ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ["distributor", "asked_by", "approved_by"]
    search_fields = ("=distributor__number",)
    search_help_text = _("The whole number of a distributor")

    def get_search_results(self, request, queryset, search_term):
        """Find by whole number."""
        return (queryset.filter(distributor__in=numbered(search_term)) if search_term else queryset), False


@admin.register(Adjustment)
class AdjustmentAdmin(SettlementAdmin):
    """Adjustments of earnings."""

    list_display = ("distributor", "period", "amount", "reason", "asked_by", "approved_by", "ended_at")
    list_select_related = [*SettlementAdmin.list_select_related, "period"]

    @admin.display(description=_("amount"))
    def amount(self, adjustment):
        """The amount in the plan's currency."""
        return formats.money(adjustment.amount_minor, adjustment.currency)


@admin.register(Hold)
class HoldAdmin(SettlementAdmin):
    """Holds of payees."""

    list_display = ("distributor", "until", "reason", "asked_by", "approved_by", "ended_at")
