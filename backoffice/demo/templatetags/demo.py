"""What the demo offers to any page: whom one may come in as."""

from django import template
from django.conf import settings

from backoffice.demo import logins

register = template.Library()


@register.simple_tag
def cast():
    """Return the people of the demo whom a visitor may be; nobody outside the demo, or before the company is made."""
    return logins.LOGINS if settings.DEMO and logins.exist() else ()
