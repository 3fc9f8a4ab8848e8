"""What the back office stores, a module for each subject."""

from backoffice.models.head_office import HeadOffice
from backoffice.models.mail import Mail
from backoffice.models.notification import Notification

__all__ = ["HeadOffice", "Mail", "Notification"]
