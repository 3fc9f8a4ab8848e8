"""Head office looks at people and trees: found by an index, shown by a page, changed only where that is safe.

Positions are read here; they are written by ``genealogy.trees`` alone. Lists do not count a million rows.
"""

from allauth.mfa import admin as mfa_admin  # noqa: F401  (registers its own page first, which is replaced below)
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from genealogy import lineage, people
from genealogy.long_lists import Long, Reading
from genealogy.models import Distributor, Market, Position, Tree, User

SHOWN = 25


class UserForm(UserChangeForm):
    """Edits a user; the address stays in the one form that is stored."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self):
        """Bring the address into its stored form."""
        return User.objects.normalize_email(self.cleaned_data["email"])


class NewUserForm(AdminUserCreationForm):
    """Makes a user by hand: somebody of head office, mostly."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict[str, type[forms.Field]] = {}

    clean_email = UserForm.clean_email


@admin.register(User)
class PeopleAdmin(Long, UserAdmin):
    """Everybody with a login."""

    form, add_form = UserForm, NewUserForm
    ordering = ("-id",)
    list_display = ("email", "name", "is_staff", "is_active", "has_second_factor", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    search_help_text = _("Part of the e-mail address or of the name")
    readonly_fields = ("last_login", "date_joined", "office")
    fieldsets = (
        (None, {"fields": ("email", "name", "language", "password", "office")}),
        (_("At head office"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request):
        """Read who has a second factor with the list, not row by row."""
        return super().get_queryset(request).prefetch_related("authenticator_set")

    @admin.display(boolean=True, description=_("second factor"))
    def has_second_factor(self, user):
        """Whether a passkey or an authenticator app is set up."""
        return any(each.type != Authenticator.Type.RECOVERY_CODES for each in user.authenticator_set.all())

    @admin.display(description=_("distributor"))
    def office(self, user):
        """Link to the distributor that this user is."""
        held = Distributor.objects.filter(user=user).first()
        return link_to(held) if held else _("none")

    def get_readonly_fields(self, request, obj=None):
        """Only a superuser hands out rights: whoever could would otherwise hand themselves all of them."""
        rights = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *rights)

    def has_change_permission(self, request, obj=None):
        """Nobody but a superuser changes a login of head office or its password; the own one goes by the account pages."""
        return super().has_change_permission(request, obj) and may_touch(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        """People are closed, not deleted: their orders and earnings stay."""
        return False


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecondFactorAdmin(Long):
    """Passkeys and authenticator apps: seen, and taken away from who has lost theirs; never their secrets."""

    ordering = ("-id",)
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request):
        """Only its owner can set one up."""
        return False

    def has_change_permission(self, request, obj=None):
        """There is nothing to change."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Only a superuser takes away what guards a login of head office; several at once might hold one of those."""
        whose = obj.user if obj else None
        return super().has_delete_permission(request, obj) and may_touch(request.user, whose)

    def get_actions(self, request):
        """Take them away one by one, so that each is looked at: only a superuser may do so by the list."""
        return super().get_actions(request) if request.user.is_superuser else {}


@admin.register(Market)
class MarketAdmin(admin.ModelAdmin):
    """The countries in which the company sells."""

    list_display = ("name", "code", "country", "currency", "language", "time_zone", "is_open", "position")
    list_editable = ("position",)


@admin.register(Distributor)
class DistributorAdmin(Long):
    """Distributors, with their line upwards and the people right below.

    Whose login a distributor is stays as it was enrolled: whoever could name another would work in that one's name.
    """

    ordering = ("-enrolled_at", "-id")
    list_display = ("number", "name", "market", "status", "enrolled_at")
    list_filter = ("status", "market")
    list_select_related = ("market",)
    search_fields = ("name", "number")
    search_help_text = _("Part of the name or of the number")
    readonly_fields = ("number", "user", "enrolled_at", "is_house", "line_up", "team", "placement")
    fieldsets = (
        (None, {"fields": ("number", "name", "status", "market", "phone", "user", "enrolled_at", "is_house")}),
        (_("Where they stand"), {"fields": ("line_up", "team", "placement")}),
    )

    @admin.display(description=_("sponsors, from the top"))
    def line_up(self, distributor):
        """The line of sponsors as links, the root first; the middle of a very long line is left out."""
        return line_of(distributor, "sponsor")

    @admin.display(description=_("binary tree, from the top"))
    def placement(self, distributor):
        """The line in the binary tree as links."""
        return line_of(distributor, "binary")

    @admin.display(description=_("direct team"))
    def team(self, distributor):
        """The people right below as links, the newest first, with how many stand below each."""
        position = Position.objects.filter(distributor=distributor, tree__code="sponsor").first()
        if position is None:
            return "–"
        below = list(lineage.children(distributor.pk)[: SHOWN + 1])
        counts = lineage.downline_counts([position.pk for position in below])
        shown = format_html_join(
            "", "<div>{} · {}</div>", ((link_to(p.distributor), people_below(counts[p.pk])) for p in below[:SHOWN])
        )
        more = _("The newest %(count)s are shown.") % {"count": SHOWN} if len(below) > SHOWN else ""
        every = f"{reverse('admin:genealogy_position_changelist')}?parent__id__exact={position.pk}"
        return format_html('{}<p>{} <a href="{}">{}</a></p>', shown, more, every, _("All of them"))

    def save_model(self, request, obj, form, change):
        """Let a change of status be announced, so that live figures follow."""
        status, obj.status = obj.status, form.initial.get("status", obj.status)
        super().save_model(request, obj, form, change)
        people.change_status(obj.pk, status=status)

    def has_add_permission(self, request):
        """A distributor is enrolled, into the trees too; a form for a row alone would leave them out."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Distributors are terminated, not deleted."""
        return False


@admin.register(Tree)
class TreeAdmin(Reading):
    """The trees that there are."""

    list_display = ("name", "code", "kind")


@admin.register(Position)
class PositionAdmin(Reading):
    """Where people stand, in tree order: a parent before those below."""

    ordering = ("tree", "lft")
    list_display = ("distributor", "tree", "level", "leg", "parent_distributor")
    list_filter = ("tree",)
    list_select_related = ("tree", "distributor", "parent__distributor")
    search_fields = ("distributor__name", "distributor__number")
    search_help_text = _("Part of the name or of the number")
    fields = ("tree", "distributor", "parent_distributor", "leg", "level", "people")

    @admin.display(description=_("stands below"))
    def parent_distributor(self, position):
        """The person above."""
        return position.parent.distributor if position.parent_id else "–"

    @admin.display(description=_("people below"))
    def people(self, position):
        """How many stand anywhere below."""
        return people_below(lineage.downline_counts([position.pk])[position.pk])

    def lookup_allowed(self, lookup, value, request):
        """Let a distributor's page link to the people right below."""
        return lookup == "parent__id__exact" or super().lookup_allowed(lookup, value, request)


def may_touch(clerk, user):
    """Whether somebody at head office may change a login: those of head office are a superuser's to change."""
    return clerk.is_superuser or user is None or not (user.is_staff or user.is_superuser)


def link_to(distributor):
    """Return a link to a distributor's page."""
    return format_html('<a href="{}">{}</a>', reverse("admin:genealogy_distributor_change", args=[distributor.pk]), distributor)


def line_of(distributor, tree):
    """Return the line above a distributor as links, the top first."""
    above = lineage.upline(distributor.pk, tree=tree)
    shown = above if len(above) <= SHOWN else above[: SHOWN - 1] + above[-1:]
    people = Distributor.objects.in_bulk(shown)
    links = [format_html("{}", link_to(people[pk])) for pk in reversed(shown)]
    if len(shown) < len(above):
        links.insert(1, _("… %(count)s more …") % {"count": len(above) - len(shown)})
    return format_html_join(" → ", "{}", ((link,) for link in links)) if links else "–"


def people_below(count):
    """Return a count in words; a long one is not counted to its end."""
    if count >= lineage.COUNTED:
        return _("%(count)s people or more below") % {"count": f"{count:,}"}
    return _("%(count)s people below") % {"count": f"{count:,}"}
