"""Where the demo's own pages answer; outside the demo each of them is "not found"."""

from django.urls import path

from backoffice.demo import views

app_name = "demo"

urlpatterns = [
    path("", views.guide, name="guide"),
    path("sign-in/<slug:who>/", views.sign_in, name="sign_in"),
    path("mail/", views.mail_list, name="mail_list"),
    path("mail/<int:mail_id>/", views.mail, name="mail"),
    path("mail/<int:mail_id>/body/", views.mail_body, name="mail_body"),
]
