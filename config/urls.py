"""The address book of the site: which app answers under which prefix."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.static import serve

from config import health

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("admin/", admin.site.urls),
    path("accounts/", include("genealogy.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("backoffice.urls")),
    path("", include("storefront.urls")),
]
if not settings.PUBLIC:
    urlpatterns.append(path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}))
if settings.DEBUG:
    urlpatterns.append(path("elements/", TemplateView.as_view(template_name="elements/gallery.html"), name="elements"))
