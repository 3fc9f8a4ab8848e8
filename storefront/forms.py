"""The forms of the shop. They check what was typed; what may be done is decided by the subject modules."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storefront import addresses
from storefront.orders import Details
from storefront.payments import test
from storefront.refusal import Refusal

COMPLETE = {
    "email": "email", "name": "name", "phone": "tel", "street": "address-line1", "street_more": "address-line2",
    "postal_code": "postal-code", "city": "address-level2", "region": "address-level1",
}  # fmt: skip


class CheckoutForm(forms.Form):
    """Who gets the parcel, and where, in the way of the market's country."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, help_text=gettext_lazy("For the receipt and news of the parcel.")
    )
    name = forms.CharField(label=gettext_lazy("Full name"), max_length=120)
    street = forms.CharField(max_length=160)
    street_more = forms.CharField(max_length=160, required=False)
    postal_code = forms.CharField(max_length=20)
    city = forms.CharField(max_length=80)
    region = forms.CharField(max_length=80)
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=40, required=False,
        help_text=gettext_lazy("Only for the courier, should there be a question."),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    shown_total = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, country, **kwargs):
        super().__init__(*args, **kwargs)
        self.country = country
        self.shape = addresses.format_of(country)
        self._follow(self.shape)
        for field in self.fields.values():
            field.error_messages["required"] = _("Please fill this in.")
        for name, value in COMPLETE.items():
            if name in self.fields:
                attributes = self.fields[name].widget.attrs
                attributes["autocomplete"] = value if name in ("email",) else f"shipping {value}"
        self.fields["postal_code"].widget.attrs["inputmode"] = "numeric" if self.shape.postal_pattern else "text"
        self.fields["phone"].widget.input_type = "tel"

    def _follow(self, shape):
        """Name, require and order the fields of the address as the country does."""
        if "region" not in shape.fields:
            del self.fields["region"]
        elif shape.regions:
            chosen = [("", _("Please choose")), *shape.regions]
            self.fields["region"] = forms.ChoiceField(choices=chosen, required=shape.region_required)
        labels = {
            "street": shape.street_label, "street_more": shape.street_more_label, "postal_code": shape.postal_label,
            "city": shape.city_label, "region": shape.region_label,
        }  # fmt: skip
        for name, label in labels.items():
            if name in self.fields:
                self.fields[name].label = label
        self.fields["postal_code"].required = shape.postal_required
        if "region" in self.fields:
            self.fields["region"].required = shape.region_required

    @property
    def address_rows(self):
        """The fields of the address, row by row, as they stand on the page."""
        return [[self[name] for name in row] for row in self.shape.rows]

    def clean_postal_code(self):
        code = self.cleaned_data["postal_code"]
        if not code:
            return code
        tidy = addresses.tidy_postal_code(self.country, code)
        if tidy is None:
            words = _("“%(code)s” is not a postal code of this country.") % {"code": code}
            raise forms.ValidationError(f"{words} {addresses.postal_example(self.country)}".strip())
        return tidy

    def details(self, language):
        """Return what was typed as the details of an order."""
        kept = {name: self.cleaned_data.get(name, "") for name in COMPLETE}
        return Details(**kept, language=language)


class TestCardForm(forms.Form):
    """The card form of the test gateway. What is typed is turned into a token at once and forgotten."""

    __test__ = False

    number = forms.CharField(
        label=gettext_lazy("Card number"), max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-number", "placeholder": "4242 4242 4242 4242"}),
    )  # fmt: skip
    expiry = forms.RegexField(
        r"^\s*(0[1-9]|1[0-2])\s*/\s*(\d{2}|\d{4})\s*$", label=gettext_lazy("Expiry"), max_length=9,
        error_messages={"invalid": gettext_lazy("Month and year, such as 12/34.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-exp", "placeholder": "12 / 34"}),
    )  # fmt: skip
    cvc = forms.RegexField(
        r"^\d{3,4}$", label=gettext_lazy("Security code"), max_length=4,
        error_messages={"invalid": gettext_lazy("Three or four digits.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-csc", "placeholder": "123"}),
    )  # fmt: skip

    def clean_number(self):
        try:
            return test.token_of(self.cleaned_data["number"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal
