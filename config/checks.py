"""What is refused before anything starts: settings that cannot be meant, each with a sentence that says what to do.

*Public* means that some host name other than this machine's loopback is answered (ALLOWED_HOSTS, PUBLIC_URL). What is handy
on a loopback address is refused there: default keys, DEBUG, the demo with its open sign-ins, the test gateway, embedded servers.
Errors stop every command but those that never check, and the web and worker processes too, since they check as they start.
"""

from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, run_checks
from django.core.exceptions import ImproperlyConfigured

Refusal = tuple[bool, str, str, str]
"""Whether it is so, the code, what is wrong, and what to do."""

SHORTEST_SECRET = 50
STRIPE_KEYS = {"STRIPE_SECRET_KEY": ("sk_", "rk_"), "STRIPE_PUBLISHABLE_KEY": ("pk_",), "STRIPE_WEBHOOK_SECRET": ("whsec_",)}


def settings_can_be_meant(app_configs=None, **kwargs) -> list[Error]:
    """Refuse settings that contradict each other, and a public site that runs on what is fit for a loopback address only."""
    return [*field_keys(), *payment_keys(), *mail(), *(public_site() if settings.PUBLIC else [])]


def public_site() -> list[Error]:
    """Refuse on a public host what is only there to make a checkout run by itself."""
    refused = (*open_doors(), *stand_ins(), *addresses())
    return [problem(code, what, hint) for wrong, code, what, hint in refused if wrong]


def open_doors() -> list[Refusal]:
    """Say what would let anybody in."""
    here = settings
    return [
        (here.DEBUG, "E001", "DEBUG is on: it shows the inside of the program to anyone who meets an error.", "Unset DEBUG."),
        (here.DEMO, "E002", "DEMO is on: its sign-ins are open to everybody.", "Unset DEMO, or answer localhost only."),
        (
            here.SECRET_KEY == here.DEVELOPMENT_KEY or len(here.SECRET_KEY) < SHORTEST_SECRET,
            "E003",
            f"SECRET_KEY is not set, or shorter than {SHORTEST_SECRET} characters: sessions and links could be forged.",
            "Set SECRET_KEY to a long random text and keep it secret.",
        ),
        (
            here.DEVELOPMENT_FIELD_KEY in here.FIELD_KEYS,
            "E004",
            "FIELD_KEYS is not set: what is stored encrypted would be open to everybody.",
            "Set FIELD_KEYS to a Fernet key, or to several with commas, the newest first.",
        ),
    ]


def stand_ins() -> list[Refusal]:
    """Say what takes the place of the real thing on one machine."""
    here = settings
    return [
        (
            here.PAYMENT_GATEWAY == "test",
            "E005",
            "PAYMENT_GATEWAY is test: orders would be paid with no money.",
            "Set PAYMENT_GATEWAY=stripe and the keys of Stripe.",
        ),
        (
            here.EMBEDDED_DATABASE,
            "E006",
            "DATABASE_URL is not set: the embedded PostgreSQL is for one machine's own use.",
            "Set DATABASE_URL=postgres://user:password@host:5432/name.",
        ),
        (
            here.EMBEDDED_VALKEY,
            "E007",
            "VALKEY_URL is not set: the embedded Valkey is for one machine's own use.",
            "Set VALKEY_URL=redis://host:6379/0.",
        ),
    ]


def addresses() -> list[Refusal]:
    """Say what is wrong with the names that the site goes by."""
    here = settings
    return [
        ("*" in here.ALLOWED_HOSTS, "E008", "ALLOWED_HOSTS answers any host.", "Name the hosts of the site."),
        (
            not here.PUBLIC_URL.startswith("https://"),
            "E009",
            "PUBLIC_URL does not begin with https://: people would sign in and pay in the open.",
            "Set PUBLIC_URL to the https address that people see.",
        ),
        (
            here.PUBLIC_HOST not in here.ALLOWED_HOSTS and not _covered(here.PUBLIC_HOST, here.ALLOWED_HOSTS),
            "E010",
            f"PUBLIC_URL names {here.PUBLIC_HOST or 'no host'}, which ALLOWED_HOSTS does not.",
            "Add its host to ALLOWED_HOSTS.",
        ),
    ]


def payment_keys() -> list[Error]:
    """Refuse half of Stripe's keys, keys of the wrong kind, and real money sent to a stand-in."""
    given = {name: getattr(settings, name) for name in STRIPE_KEYS}
    missing = [name for name, value in given.items() if not value]
    found = []
    if any(given.values()) and missing:
        found.append(
            problem("E020", f"Stripe is half set: {', '.join(missing)} missing.", "Set all three keys of Stripe, or none.")
        )
    if settings.PAYMENT_GATEWAY == "stripe" and len(missing) == len(given):
        found.append(problem("E021", "PAYMENT_GATEWAY is stripe, and none of its keys is set.", f"Set {', '.join(STRIPE_KEYS)}."))
    for name, beginnings in STRIPE_KEYS.items():
        if given[name] and not given[name].startswith(beginnings):
            found.append(
                problem(
                    "E022", f"{name} does not begin with {' or '.join(beginnings)}.", "Copy the key of that name from Stripe."
                )
            )
    secret, publishable = given["STRIPE_SECRET_KEY"], given["STRIPE_PUBLISHABLE_KEY"]
    live = [key for key in (secret, publishable) if "_live_" in key]
    if len(live) == 1 and secret and publishable:
        found.append(
            problem("E023", "One of Stripe's keys is for real money and the other for tests.", "Take both from the same mode.")
        )
    if live and settings.STRIPE_API_BASE:
        found.append(
            problem(
                "E024", "STRIPE_API_BASE leads real keys to a stand-in of Stripe.", "Unset STRIPE_API_BASE, or use test keys."
            )
        )
    if settings.PUBLIC and settings.STRIPE_API_BASE and not _loopback(settings.STRIPE_API_BASE):
        found.append(problem("E025", "STRIPE_API_BASE leads payments of a public site elsewhere.", "Unset STRIPE_API_BASE."))
    return found


def field_keys() -> list[Error]:
    """Refuse keys that could not encrypt."""
    for key in settings.FIELD_KEYS:
        try:
            Fernet(key)
        except ValueError:
            return [
                problem(
                    "E030",
                    "FIELD_KEYS holds something that is no Fernet key.",
                    "A key is 32 bytes in URL-safe base64, 44 characters.",
                )
            ]
    return []


def mail() -> list[Error]:
    """Refuse a public site that would keep every mail to itself."""
    if settings.PUBLIC and not settings.MAIL_TRANSPORT:
        return [
            problem("E031", "EMAIL_URL is not set: nobody would get a mail.", "Set EMAIL_URL=smtp+tls://user:password@host:587.")
        ]
    return []


def problem(code: str, what: str, hint: str) -> Error:
    """Return one refusal."""
    return Error(what, hint=hint, id=f"canopy.{code}")


def refuse_to_start() -> None:
    """Stop a process that does not check by itself, as the web and worker processes, when a setting is refused."""
    errors = [found for found in run_checks(tags=["security"]) if found.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "\n".join(["Canopy does not start with these settings:", *(f"- {e.msg} {e.hint or ''}" for e in errors)])
        )


def _covered(host: str, allowed: list[str]) -> bool:
    return any(pattern.startswith(".") and (host == pattern[1:] or host.endswith(pattern)) for pattern in allowed)


def _loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1")
