"""What the back office stores, a module for each subject."""

from backoffice.models.mail import Mail
from backoffice.models.notification import Notification

__all__ = ["Mail", "Notification"]
