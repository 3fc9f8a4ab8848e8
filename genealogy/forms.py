"""What a customer fills in to sign up, beside address and password."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignUpForm(forms.Form):
    """Asks for the name; the rest is added by django-allauth."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "email", "password1")

    def signup(self, request, user):
        """Keep the name of who signed up."""
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
