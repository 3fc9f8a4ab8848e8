"""Payments that another system took before the company moved here: known, but not ours to ask or to give back by wire."""

from storefront.payments.gateway import Answer, Declined, State


class ImportedGateway:
    """Answers from our own books: an imported payment succeeded, and giving it back is noted only."""

    code = "import"

    def page_facts(self, order):
        return {}

    def create(self, payment):
        raise Declined("Payments of another system are brought in, not made here.")

    def confirm(self, payment, return_url):
        raise Declined("Payments of another system are brought in, not made here.")

    def fetch(self, payment):
        return Answer(payment.reference, State.SUCCEEDED, payment.amount_minor, payment.currency)

    cancel = fetch

    def refund(self, refund):
        return Answer(f"import-{refund.pk}", State.SUCCEEDED, refund.amount_minor, refund.order.currency)

    fetch_refund = refund
