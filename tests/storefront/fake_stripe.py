"""A small Stripe of our own, spoken to over HTTP by the real client: intents, confirmation tokens, refunds, idempotency.

It knows what the shop uses of the API and refuses the rest by name, as Stripe does. Faults are asked for with ``spoil``:
the effect happens and the answer is lost, which is the case that matters.
"""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qsl

SECRET_KEY = "sk_test_canopy"
WEBHOOK_SECRET = "whsec_canopy"

# What stands in for Stripe's script: an element with one field, a token of it, and a bank that always says yes.
SCRIPT = """
window.Stripe = () => ({
  elements: (options) => ({
    options,
    create: () => ({
      mount(where) {
        const field = document.createElement("input");
        field.setAttribute("aria-label", "Card");
        field.id = "fake-card";
        document.querySelector(where).append(field);
      },
    }),
    submit: async () => {
      const typed = document.getElementById("fake-card").value;
      return typed ? {} : { error: { message: "Your card number is incomplete." } };
    },
  }),
  createConfirmationToken: async () => ({ confirmationToken: { id: `ctoken_${document.getElementById("fake-card").value}` } }),
  handleNextAction: ({ clientSecret }) => new Promise((resolve) => {
    window.canopyApproved = () => resolve({});
    const script = document.createElement("script");
    script.src = `HERE/v3/approves/${clientSecret}`;
    document.head.append(script);
  }),
});
"""

CREATE = {"amount", "currency", "automatic_payment_methods[enabled]", "description", "metadata"}
CONFIRM = {"confirmation_token", "return_url"}
REFUND = {"payment_intent", "amount", "metadata"}


class StripeSaysNo(Exception):
    """An error answer: status, type, code, message."""

    def __init__(self, status, kind, code, message, **more):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


@dataclass
class Books:
    """What this Stripe knows. ``charges`` counts the times that money would have moved."""

    intents: dict = field(default_factory=dict)
    refunds: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    charges: int = 0
    calls: list = field(default_factory=list)
    spoiled: list = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: count = field(default_factory=lambda: count(1))


class FakeStripe:
    """The server and its books. ``url`` is where the real client is pointed."""

    def __init__(self):
        self.books = Books()
        handler = type("Handler", (Desk,), {"stripe": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def spoil(self, path_end, how):
        """Let the next call whose path ends so go wrong: ``cut`` after the effect, ``500`` after it, ``down`` before it."""
        self.books.spoiled.append((path_end, how))

    def authenticate(self, reference, *, approve=True):
        """Let the payer answer the bank."""
        with self.books.lock:
            intent = self.books.intents[reference]
            assert intent["status"] == "requires_action", intent["status"]
            if approve:
                self._charge(intent)
            else:
                self._decline(intent, "authentication_required", "The authentication was refused.")

    def event(self, kind, reference, event_id=None):
        """Return the body and the signature of a webhook about a payment."""
        about = {"id": reference, "object": "payment_intent"}
        if kind.startswith("charge."):
            about = {"id": f"ch_{reference}", "object": "charge", "payment_intent": reference}
        number = event_id or f"evt_{next(self.books.numbers)}"
        body = json.dumps({"id": number, "object": "event", "type": kind, "data": {"object": about}}).encode()
        return body, sign(body)

    # -- what the API does

    def answer(self, method, path, params, key):
        """Answer one call, the same one for the same idempotency key, and 400 for other parameters under it."""
        if not key:
            return self._route(method, path, params)
        print_of_call = hashlib.sha256(json.dumps([path, sorted(params.items())]).encode()).hexdigest()
        with self.books.lock:
            known = self.books.answers.get(key)
            if known and known[0] != print_of_call:
                raise StripeSaysNo(400, "idempotency_error", None, "Keys can only be used with the same parameters.")
            if not known:
                try:
                    known = (print_of_call, 200, self._route(method, path, params))
                except StripeSaysNo as no:
                    known = (print_of_call, no.status, no.body)
                self.books.answers[key] = known
        if known[1] != 200:
            error = StripeSaysNo(known[1], "", None, "")
            error.body = known[2]
            raise error
        return known[2]

    def _route(self, method, path, params):
        parts = path.strip("/").split("/")[1:]
        if method == "POST" and parts == ["payment_intents"]:
            return self._create(params)
        if parts[0] == "payment_intents" and len(parts) > 1:
            intent = self._known(self.books.intents, parts[1], "payment_intent")
            if method == "GET":
                return dict(intent)
            return {"confirm": self._confirm, "cancel": self._cancel}[parts[2]](intent, params)
        if method == "POST" and parts == ["refunds"]:
            return self._refund(params)
        if method == "GET" and parts[0] == "refunds":
            return self._known(self.books.refunds, parts[1], "refund")
        raise StripeSaysNo(404, "invalid_request_error", None, f"Unrecognized request URL ({method}: {path}).")

    def _known(self, shelf, number, kind):
        if number not in shelf:
            raise StripeSaysNo(404, "invalid_request_error", "resource_missing", f"No such {kind}: '{number}'")
        return shelf[number]

    def _allow(self, params, names):
        for name in params:
            if name.split("[")[0] not in {known.split("[")[0] for known in names}:
                raise StripeSaysNo(
                    400, "invalid_request_error", "parameter_unknown", f"Received unknown parameter: {name}", param=name
                )

    def _create(self, params):
        self._allow(params, CREATE)
        number = f"pi_{next(self.books.numbers)}"
        metadata = {name[9:-1]: value for name, value in params.items() if name.startswith("metadata[")}
        intent = {
            "id": number, "object": "payment_intent", "amount": int(params["amount"]), "currency": params["currency"],
            "status": "requires_payment_method", "client_secret": f"{number}_secret", "last_payment_error": None,
            "next_action": None, "metadata": metadata, "amount_refunded": 0,
        }  # fmt: skip
        self.books.intents[number] = intent
        return dict(intent)

    def _confirm(self, intent, params):
        self._allow(params, CONFIRM)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            self._unexpected(intent, "confirm")
        token = params.get("confirmation_token", "")
        if token == "ctoken_declines":
            self._decline(intent, "card_declined", "Your card was declined.")
            raise StripeSaysNo(
                402, "card_error", "card_declined", "Your card was declined.", decline_code="generic_decline",
                payment_intent=dict(intent),
            )  # fmt: skip
        if token == "ctoken_authenticates":
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        elif token == "ctoken_redirects":
            intent["status"] = "requires_action"
            url = f"{self.url}/bank/{intent['id']}"
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {"url": url, "return_url": params["return_url"]},
            }
        elif token == "ctoken_takes_days":
            intent["status"] = "processing"
        elif token == "ctoken_succeeds":
            self._charge(intent)
        else:
            raise StripeSaysNo(404, "invalid_request_error", "resource_missing", f"No such confirmation token: '{token}'")
        return dict(intent)

    def _cancel(self, intent, params):
        if intent["status"] in ("succeeded", "processing"):
            self._unexpected(intent, "cancel")
        intent["status"] = "canceled"
        return dict(intent)

    def _unexpected(self, intent, verb):
        words = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
        raise StripeSaysNo(400, "invalid_request_error", "payment_intent_unexpected_state", words)

    def _charge(self, intent):
        intent["status"] = "succeeded"
        intent["next_action"] = None
        self.books.charges += 1

    def _decline(self, intent, code, message):
        intent["status"] = "requires_payment_method"
        intent["next_action"] = None
        intent["last_payment_error"] = {"type": "card_error", "code": code, "message": message}

    def _refund(self, params):
        self._allow(params, REFUND)
        intent = self._known(self.books.intents, params["payment_intent"], "payment_intent")
        amount = int(params["amount"])
        if intent["amount_refunded"] + amount > intent["amount"]:
            raise StripeSaysNo(400, "invalid_request_error", "charge_already_refunded", "More than was charged.")
        intent["amount_refunded"] += amount
        number = f"re_{next(self.books.numbers)}"
        given = {
            "id": number, "object": "refund", "amount": amount, "currency": intent["currency"], "status": "succeeded",
            "payment_intent": intent["id"], "failure_reason": None,
        }  # fmt: skip
        self.books.refunds[number] = given
        return given


class Desk(BaseHTTPRequestHandler):
    """The HTTP around it."""

    stripe: FakeStripe
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def _serve_script(self, path):
        """Answer what a browser asks for: the script, and the bank that says yes."""
        if path.startswith("/v3/approves/"):
            self.stripe.authenticate(path.rsplit("/", 1)[1].removesuffix("_secret"))
            script = "window.canopyApproved?.();"
        else:
            script = SCRIPT.replace("HERE", self.stripe.url)
        payload = script.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _serve(self, method):
        if self.path.startswith("/v3/"):
            return self._serve_script(self.path.split("?")[0])
        length = int(self.headers.get("Content-Length") or 0)
        params = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        path = self.path.split("?")[0]
        self.stripe.books.calls.append((method, path))
        how = self._spoiled(path)
        if how == "down":
            return self._hang_up()
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return self._send(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided."}})
        try:
            with self.stripe.books.lock:
                status, body = 200, self.stripe.answer(method, path, params, self.headers.get("Idempotency-Key"))
        except StripeSaysNo as no:
            status, body = no.status, no.body
        if how == "cut":
            return self._hang_up()
        if how == "500":
            return self._send(500, {"error": {"type": "api_error", "message": "Something went wrong on our end."}})
        return self._send(status, body)

    def _spoiled(self, path):
        with self.stripe.books.lock:
            for at, (end, how) in enumerate(self.stripe.books.spoiled):
                if path.endswith(end):
                    del self.stripe.books.spoiled[at]
                    return how
        return None

    def _hang_up(self):
        self.close_connection = True
        self.connection.close()

    def _send(self, status, body):
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        """Say nothing: the tests look into the books."""


def sign(body, *, secret=WEBHOOK_SECRET, at=None):
    """Sign a webhook as Stripe documents it: HMAC-SHA256 over the second and the body."""
    second = int(at if at is not None else time.time())
    digest = hmac.new(secret.encode(), f"{second}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={second},v1={digest}"


@contextmanager
def running():
    """A fake Stripe for as long as the block lasts."""
    stripe = FakeStripe()
    try:
        yield stripe
    finally:
        stripe.stop()
