"""Forms in which head office asks for an adjustment or a hold."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commissions import plan_versions, settlements
from commissions.engine.money import EXPONENTS
from commissions.models import Period
from genealogy.models import Distributor


class PayeeForm(forms.Form):
    """Who it concerns, by whole number, and why."""

    number = forms.CharField(
        label=_("Distributor's number"), max_length=20, widget=forms.TextInput(attrs={"autocapitalize": "characters"})
    )
    reason = forms.CharField(
        label=_("Reason"), min_length=3, max_length=200, help_text=_("The distributor reads this on the earnings page.")
    )

    def clean_number(self):
        """Find the distributor."""
        number = self.cleaned_data["number"].strip().upper()
        found = Distributor.objects.filter(number=number).first()
        if found is None:
            raise forms.ValidationError(
                _("Nobody has the number %(number)s: look it up under Records."), params={"number": number}
            )
        return found


class AdjustmentForm(PayeeForm):
    """An amount for a period that is not closed."""

    period = forms.ModelChoiceField(label=_("Period"), queryset=Period.objects.none(), empty_label=None)
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=12, decimal_places=4, help_text=_("In the plan's currency. With a minus it is taken away.")
    )
    field_order = ("number", "period", "amount", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        unclosed = Period.objects.exclude(status=Period.Status.CLOSED).filter(starts_at__lte=timezone.now())
        self.fields["period"].queryset = unclosed.select_related("plan").order_by("starts_at", "kind")

    def clean(self):
        """Turn the amount into minor units of the period's currency."""
        entered = super().clean()
        if entered.get("amount") is not None and entered.get("period") is not None:
            currency = plan_versions.load(entered["period"].plan).currency
            minor = entered["amount"].scaleb(EXPONENTS[currency])
            if minor != minor.to_integral_value():
                self.add_error("amount", _("%(currency)s has no smaller unit than that.") % {"currency": currency})
            entered["amount_minor"] = int(minor)
        return entered

    def ask(self, *, by):
        """Ask for it."""
        entered = self.cleaned_data
        return settlements.adjust(
            distributor=entered["number"], period=entered["period"], amount_minor=entered["amount_minor"],
            reason=entered["reason"], by=by,
        )  # fmt: skip


class HoldForm(PayeeForm):
    """Until a day, or until it is released."""

    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The first day on which money is paid again. Empty: until somebody releases it."),
    )  # fmt: skip
    field_order = ("number", "until", "reason")

    def ask(self, *, by):
        """Ask for it."""
        entered = self.cleaned_data
        return settlements.hold(distributor=entered["number"], until=entered["until"], reason=entered["reason"], by=by)
