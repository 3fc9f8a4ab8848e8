"""Forms of the office."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from storefront import sites
from storefront.models import Site
from storefront.refusal import Refusal


class ShopForm(forms.Form):
    """The personal shop as its owner edits it. Every rule is in ``storefront.sites``; a refusal comes back at its field."""

    name = forms.CharField(
        label=_("Name of your shop"), max_length=80, help_text=_("Shown at the top of your shop, usually your own name.")
    )
    slug = forms.CharField(
        label=_("Address"),
        max_length=sites.LONGEST,
        help_text=_("The last part of your link. Links with an earlier address keep working."),
    )
    headline = forms.CharField(
        label=_("Headline"), max_length=Site._meta.get_field("headline").max_length, required=False,
        help_text=_("One line that says what you stand for."),
    )  # fmt: skip
    story = forms.CharField(
        label=_("Your story"),
        max_length=Site._meta.get_field("story").max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Why you chose these products, in your own words. Visitors buy from people."),
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("JPEG, PNG or WebP, at least 200 dots each way. We cut it square."),
    )
    remove_picture = forms.BooleanField(label=_("Take the picture away"), required=False)

    def __init__(self, *args, site, **kwargs):
        super().__init__(
            *args, initial={field: getattr(site, field) for field in ("name", "slug", "headline", "story")}, **kwargs
        )
        self.site = site
        if not site.picture:
            del self.fields["remove_picture"]

    def clean_slug(self):
        """Check the address while the other fields can still be mended along with it."""
        return self._checked(sites.check_address, self.cleaned_data["slug"], site=self.site)

    def save(self):
        """Write the shop, all or nothing, and return whether it worked; if not, the errors are at their fields."""
        facts = self.cleaned_data
        try:
            with transaction.atomic():
                sites.rename(self.site, facts["slug"])
                sites.update(self.site, **{field: facts[field] for field in ("name", "headline", "story")})
                if facts.get("picture"):
                    sites.change_picture(self.site, facts["picture"])
                elif facts.get("remove_picture"):
                    sites.remove_picture(self.site)
        except Refusal as refusal:
            self.add_error(refusal.field, str(refusal.message))
            return False
        return True

    def _checked(self, check, *args, **kwargs):
        try:
            return check(*args, **kwargs)
        except Refusal as refusal:
            raise ValidationError(str(refusal.message)) from refusal


class WhatIfForm(forms.Form):
    """What if so much were sold: by the distributor, and by somebody in the team. ``people`` are names by id."""

    own = forms.IntegerField(label=_("You sell more points"), min_value=0, max_value=1_000_000, required=False)
    who = forms.TypedChoiceField(label=_("Somebody in your team"), coerce=int, empty_value=None, required=False)
    more = forms.IntegerField(label=_("sells more points"), min_value=0, max_value=1_000_000, required=False)

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["who"].choices = [("", _("Nobody")), *people.items()]
        if not people:
            del self.fields["who"], self.fields["more"]

    def sold(self, distributor):
        """Return what is supposed to be sold, in hundredths of a point: ``{distributor id: points}``."""
        entered = self.cleaned_data
        sold = {distributor.pk: (entered["own"] or 0) * 100}
        if entered.get("who"):
            sold[entered["who"]] = (entered["more"] or 0) * 100
        return sold
