"""Head office in Django's admin: the site itself, what the back office stores, and the roles.

Each app below registers its own models; here is what belongs to the site: its names, its first page, and that staff sign
in like everybody else, with the same second factor.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from backoffice import mails
from backoffice.models import Mail, Notification
from genealogy import second_factor
from genealogy.long_lists import Reading
from genealogy.models import Distributor

admin.site.site_title = _("Head office")
admin.site.site_header = _("Head office")
admin.site.index_title = _("What needs you")
admin.site.site_url = "/company/"
admin.site.index_template = "backoffice/admin_index.html"
admin.site.login = secure_admin_login(admin.site.login)
second_factor.require(admin.site)


@admin.register(Mail)
class MailAdmin(Reading):
    """Mails: which were written, which left. The text of a sign-in mail is nobody's business."""

    list_display = ("subject", "kind", "to", "created_at", "sent_at", "attempts", "last_error")
    list_filter = ("kind",)
    search_fields = ("=to",)
    search_help_text = _("The whole e-mail address")
    fields = ("kind", "to", "subject", "body", "created_at", "due_at", "sent_at", "attempts", "last_error")
    readonly_fields = ("body",)
    actions = ("send_again",)

    def get_search_results(self, request, queryset, search_term):
        """Find by the whole address as it is stored, or in small letters: one look into an index."""
        words = search_term.strip()
        return (queryset.filter(to__in={words, words.lower()}) if words else queryset), False

    @admin.display(description=_("text"))
    def body(self, mail):
        """The text, unless it opens a door."""
        return _("(not shown: it lets somebody sign in)") if mail.kind == mails.SECRET_KIND else mail.text

    def get_queryset(self, request):
        """Leave the texts out of the list."""
        return super().get_queryset(request).defer("text", "html")

    @admin.action(description=_("Try to send again"), permissions=["send_again"])
    def send_again(self, request, queryset):
        """Give mails that were tried too often all their attempts again."""
        count = mails.send_again(queryset)
        self.message_user(request, _("%(count)d mails will be tried again.") % {"count": count})

    def has_send_again_permission(self, request):
        """Whoever may have events delivered again may have mails sent again."""
        return request.user.has_perm("backoffice.replay_outbox")


@admin.register(Notification)
class NotificationAdmin(Reading):
    """What distributors were told."""

    list_display = ("id", "distributor", "kind", "created_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("distributor",)
    search_fields = ("=distributor__number",)
    search_help_text = _("The whole number of a distributor")
    fields = ("distributor", "kind", "key", "facts", "created_at", "read_at")

    def get_search_results(self, request, queryset, search_term):
        """Find by whole number, in two looks into an index."""
        if not search_term:
            return queryset, False
        found = Distributor.objects.filter(number=search_term.strip().upper()).values_list("pk", flat=True)
        return queryset.filter(distributor__in=list(found)), False


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Roles: who at head office may see and change what."""

    list_display = ("name",)
