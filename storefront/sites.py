"""Personal shops: a distributor's own address, name, picture and words. The only writer of sites."""

import io
import re
import secrets
from urllib.parse import urlsplit

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.text import slugify
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from genealogy.models import Distributor
from storefront.models import FormerAddress, Recommendation, Site
from storefront.refusal import Refusal

ADDRESS = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
SHORTEST, LONGEST = 3, 40
MOST_RECOMMENDED = 8
RESERVED = {
    "about", "accounts", "admin", "api", "app", "assets", "auth", "cart", "checkout", "company", "contact", "demo",
    "design", "health", "help", "home", "house", "legal", "link", "live", "login", "logout", "mail", "media", "my",
    "office", "official", "order", "orders", "pay", "payment", "press", "privacy", "root", "shop", "shops", "sign-in",
    "sign-up", "signup", "site", "sites", "static", "status", "support", "system", "team", "terms", "test", "webhooks",
    "www",
}  # fmt: skip
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LEAST_SIDE = 200
SIDE = 800
FORMATS = ("JPEG", "PNG", "WEBP")


def find(address):
    """Return the open personal shop at an address, former ones included, or None."""
    address = address.lower()
    sites = Site.objects.select_related("distributor").filter(distributor__status=Distributor.Status.ACTIVE)
    found = sites.annotate(address=Lower("slug")).filter(address=address).first()
    return found or sites.filter(former_addresses__slug=address).first()


def open_site(distributor, address="", **words):
    """Open a distributor's personal shop, at an address made from the name when none is asked for. One each; safe to repeat."""
    existing = Site.objects.filter(distributor=distributor).first()
    if existing:
        return existing
    address = check_address(address) if address else _free_address(distributor)
    try:
        with transaction.atomic():
            return Site.objects.create(distributor=distributor, slug=address, **{"name": distributor.name[:80], **words})
    except IntegrityError as error:
        raise _taken(address) from error


def _free_address(distributor):
    base = slugify(distributor.name)[: LONGEST - 8].strip("-") or distributor.number.lower()
    for candidate in (base, f"{base}-{distributor.number.lower()}"[:LONGEST], f"shop-{distributor.pk}"):
        if len(candidate) >= SHORTEST and candidate not in RESERVED and not _in_use(candidate):
            return candidate
    return f"shop-{distributor.pk}-{secrets.token_hex(3)}"


def check_address(address, *, site=None):
    """Return an address in the form that is stored, or refuse it in words that help to find another."""
    address = address.strip().lower()
    if not ADDRESS.fullmatch(address) or not SHORTEST <= len(address) <= LONGEST or "--" in address:
        words = _("“%(address)s” cannot be an address. Use %(least)s to %(most)s small letters, digits and single hyphens.")
        raise Refusal(words % {"address": address[:60], "least": SHORTEST, "most": LONGEST}, field="slug", code="form")
    if address in RESERVED:
        raise Refusal(_("“%(address)s” is kept for the company. Please choose another.") % {"address": address}, field="slug")
    if _in_use(address, besides=site):
        raise _taken(address)
    return address


def _in_use(address, besides=None):
    others, former = Site.objects.filter(slug=address), FormerAddress.objects.filter(slug=address)
    if besides is not None:
        others, former = others.exclude(pk=besides.pk), former.exclude(site=besides)
    return others.exists() or former.exists()


def _taken(address):
    return Refusal(_("“%(address)s” is taken. Please choose another.") % {"address": address}, field="slug", code="taken")


@transaction.atomic
def rename(site, address):
    """Move a personal shop to another address; the old one keeps leading there, so that printed links never die."""
    address = check_address(address, site=site)
    if address == site.slug:
        return site
    FormerAddress.objects.filter(site=site, slug=address).delete()
    FormerAddress.objects.get_or_create(slug=site.slug, defaults={"site": site})
    try:
        with transaction.atomic():
            Site.objects.filter(pk=site.pk).update(slug=address)
    except IntegrityError as error:
        raise _taken(address) from error
    site.slug = address
    return site


def update(site, *, name, headline="", story=""):
    """Change the words of a personal shop."""
    name, headline, story = name.strip(), headline.strip(), story.strip()
    if not name:
        raise Refusal(_("Please give your shop a name."), field="name")
    for field, text in (("name", name), ("headline", headline), ("story", story)):
        most = Site._meta.get_field(field).max_length
        if len(text) > most:
            words = _("That is %(length)s letters; %(most)s fit.") % {"length": len(text), "most": most}
            raise Refusal(words, field=field)
    site.name, site.headline, site.story = name, headline, story
    site.save(update_fields=["name", "headline", "story"])
    return site


def change_picture(site, upload):
    """Store a new picture, drawn anew by us: square, of one size, and free of whatever else was in the file."""
    drawn = redraw(upload)
    before = site.picture.name
    site.picture.save(f"{site.distributor_id}-{secrets.token_hex(6)}.webp", ContentFile(drawn), save=False)
    site.save(update_fields=["picture"])
    if before:
        transaction.on_commit(lambda: site.picture.storage.delete(before))
    return site


def remove_picture(site):
    """Take the picture away."""
    before = site.picture.name
    site.picture = ""
    site.save(update_fields=["picture"])
    if before:
        transaction.on_commit(lambda: site.picture.storage.delete(before))
    return site


def redraw(upload):
    """Check an uploaded picture by size, kind and dimensions and return it as a square WebP, or refuse it in words."""
    if upload.size > MOST_BYTES:
        words = _("This picture has %(size)s MB; at most %(most)s MB can be taken.")
        size = f"{upload.size / 1024 / 1024:.1f}"
        raise Refusal(words % {"size": size, "most": MOST_BYTES // 1024 // 1024}, field="picture", code="size")
    try:
        picture = Image.open(upload, formats=FORMATS)
        width, height = picture.size
        if width * height > MOST_PIXELS:
            words = _("This picture is %(width)s × %(height)s dots; please take a smaller one.")
            raise Refusal(words % {"width": width, "height": height}, field="picture", code="dimensions")
        if min(width, height) < LEAST_SIDE:
            words = _("This picture is %(width)s × %(height)s dots; each side needs at least %(least)s.")
            facts = {"width": width, "height": height, "least": LEAST_SIDE}
            raise Refusal(words % facts, field="picture", code="dimensions")
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refusal(_("This is not a picture we can read. Please choose a JPEG, PNG or WebP file."), field="picture") from error
    square = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    square.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


@transaction.atomic
def recommend(site, product):
    """Put a product into the shop's window; a ninth is refused. Safe to repeat."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    others = site.recommendations.exclude(product=product)
    if others.count() >= MOST_RECOMMENDED:
        words = _("%(most)s products fit into your window. Please take one out first.")
        raise Refusal(words % {"most": MOST_RECOMMENDED}, code="window_full")
    Recommendation.objects.get_or_create(site=site, product=product)


def withdraw(site, product):
    """Take a product out of the shop's window."""
    site.recommendations.filter(product=product).delete()


def window(site):
    """Return the ids of the products in the shop's window, in the order in which they were put there."""
    return list(site.recommendations.values_list("product_id", flat=True))


def safe_target(target):
    """Return the address inside this shop that a link leads to, or None when it would lead anywhere else."""
    if not target:
        return "/"
    if any(ord(character) < 33 or character == "\\" for character in target) or not target.startswith("/"):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc or target.startswith("//") else target


def link(site, path="/"):
    """Return the short link that credits this distributor and leads to a page of the shop."""
    return f"/r/{site.slug}/" + (f"?to={path}" if path != "/" else "")
