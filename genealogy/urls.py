"""Addresses beside those of django-allauth, under /accounts/."""

from django.urls import path

from genealogy import views

urlpatterns = [path("link/<str:token>/", views.sign_in_by_link, name="sign_in_by_link")]
