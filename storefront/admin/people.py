"""Customers and personal shops at head office."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from genealogy.long_lists import Long
from storefront import sites
from storefront.models import Customer, Site
from storefront.refusal import Refusal


@admin.register(Customer)
class CustomerAdmin(Long):
    """People who have bought."""

    list_display = ("name", "email", "kind", "market", "referred_by", "created_at")
    list_filter = ("kind", "market")
    list_select_related = ("market", "referred_by")
    search_fields = ("email", "name")
    search_help_text = _("Part of the e-mail address or of the name")
    raw_id_fields = ("referred_by",)
    readonly_fields = ("user", "created_at")
    fields = ("name", "email", "phone", "market", "kind", "referred_by", "user", "created_at")

    def has_add_permission(self, request):
        """Customers come by buying."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Their orders stay, and so do they."""
        return False


class SiteForm(forms.ModelForm):
    """A personal shop; its address is checked as the distributor's own change is."""

    class Meta:
        model = Site
        fields = ("slug", "name", "headline", "story")

    def clean_slug(self):
        """Refuse an address that is taken or kept."""
        try:
            return sites.check_address(self.cleaned_data["slug"], site=self.instance)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal


@admin.register(Site)
class SiteAdmin(Long):
    """Distributors' personal shops."""

    form = SiteForm
    list_display = ("slug", "name", "distributor", "created_at")
    list_select_related = ("distributor",)
    search_fields = ("^slug",)
    search_help_text = _("The beginning of the address")
    readonly_fields = ("distributor", "picture", "former")
    fields = ("distributor", "slug", "former", "name", "headline", "story", "picture")
    actions = ("take_picture_away",)

    @admin.display(description=_("former addresses"))
    def former(self, site):
        """Addresses that still lead here."""
        return ", ".join(site.former_addresses.values_list("slug", flat=True)) or "-"

    def has_add_permission(self, request):
        """A distributor opens the own shop."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Links to it were printed."""
        return False

    def save_model(self, request, obj, form, change):
        """Write through ``sites``, so that the old address keeps leading here."""
        wanted = form.cleaned_data["slug"]
        obj.slug = Site.objects.values_list("slug", flat=True).get(pk=obj.pk)
        sites.rename(obj, wanted)
        sites.update(obj, name=form.cleaned_data["name"], headline=obj.headline, story=obj.story)

    @admin.action(description=_("Take the picture away"), permissions=["change"])
    def take_picture_away(self, request, queryset):
        """Remove a picture that does not belong there."""
        for site in queryset:
            sites.remove_picture(site)
