"""In which language a buyer is written to."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from backoffice.models import Mail
from storefront import orders, payments
from storefront.models import Order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "amount"), [("de", "60,00\xa0$"), ("", "$60.00")], ids=["the order's", "the market's"])
@pytest.mark.parametrize("kind", ["receipt", "refund", "payment_failed"])
def test_a_buyer_is_written_to_in_the_language_of_the_order(cast, heard, settings, kind, language, amount):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    order = cast.sell(cast.ben, quantity=2, pay=False)
    Order.objects.filter(pk=order.pk).update(language=language)
    payments.start(order, method="test_card_declines" if kind == "payment_failed" else "test_card_succeeds")
    if kind == "refund":
        orders.refund(order, key="back", at=timezone.now())
    with override("en"):
        heard()
    mail = Mail.objects.get(kind=kind)
    assert amount in mail.text


def test_a_mail_in_a_language_without_translations_is_english_figures_and_all(cast, heard):
    order = cast.sell(cast.ben, quantity=2, pay=False)
    Order.objects.filter(pk=order.pk).update(language="de")
    payments.start(order, method="test_card_succeeds")
    heard()
    mail = Mail.objects.get(kind="receipt")
    assert "$60.00" in mail.text and 'lang="en"' in mail.html
