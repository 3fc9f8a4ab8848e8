"""Personal shops and links: addresses, words, pictures, whose sale it becomes, and what a forged link gets."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from genealogy.models import Distributor
from storefront import attribution, buyers, sites
from storefront.models import BuyerKind, Order, Product, Site
from storefront.refusal import Refusal
from tests.storefront.cast import customer, paid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(width=400, height=300, kind="JPEG", name="me.jpg", colour="green"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return SimpleUploadedFile(name, out.getvalue())


def test_a_shop_is_opened_once_at_an_address_made_of_the_name(cast):
    site = sites.open_site(cast.cy)
    assert sites.open_site(cast.cy) == site
    assert site.slug == f"shop-{cast.cy.pk}" or site.slug.startswith("cy"), "two letters are too short for an address"
    Distributor.objects.filter(pk=cast.dee.pk).update(name="Ana")
    cast.dee.refresh_from_db()
    assert sites.open_site(cast.dee).slug == f"ana-{cast.dee.number.lower()}"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ben", "taken"), ("admin", "kept for the company"), ("a", "cannot be an address"), ("Ana Maria", "cannot be an address"),
        ("-ana", "cannot be an address"), ("ana--maria", "cannot be an address"), ("x" * 41, "cannot be an address"),
        ("ana/..", "cannot be an address"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused_by_name(cast, address, says):
    with pytest.raises(Refusal, match=says):
        sites.rename(cast.ana_site, address)
    assert Site.objects.get(pk=cast.ana_site.pk).slug == "ana"


def test_a_former_address_leads_to_the_present_one_and_nobody_else_may_take_it(cast, client):
    sites.rename(cast.ana_site, "ana-ruiz")
    assert client.get("/@ana/p/night-oil/").headers["Location"] == "/@ana-ruiz/p/night-oil/"
    with pytest.raises(Refusal, match="taken"):
        sites.rename(cast.ben_site, "ana")
    sites.rename(cast.ana_site, "ana")
    assert client.get("/@ana/").status_code == 200


@pytest.mark.parametrize(
    ("upload", "says"),
    [
        (lambda: picture(100, 100), "at least 200"),
        (lambda: picture(8000, 6000), "smaller one"),
        (lambda: SimpleUploadedFile("me.jpg", b"<svg onload=alert(1)>"), "JPEG, PNG or WebP"),
        (lambda: picture(kind="GIF", name="me.gif"), "JPEG, PNG or WebP"),
        (lambda: SimpleUploadedFile("me.jpg", picture().read()[:400]), "JPEG, PNG or WebP"),
        (lambda: SimpleUploadedFile("me.png", b"x" * (5 * 1024 * 1024 + 1)), "at most 5 MB"),
    ],
    ids=["too small", "too large", "a script", "another kind", "cut off", "too heavy"],
)
def test_a_picture_that_cannot_be_shown_is_refused_in_words(cast, upload, says):
    with pytest.raises(Refusal, match=says):
        sites.change_picture(cast.ana_site, upload())
    assert not cast.ana_site.picture


def test_a_picture_is_drawn_anew_square_and_without_what_was_hidden_in_it(cast, tmp_path):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (900, 600), "red").save(out, "JPEG", exif=exif)
    site = sites.change_picture(cast.ana_site, SimpleUploadedFile("../../evil.php.jpg", out.getvalue()))
    first = site.picture.name
    stored = Image.open(site.picture.path)
    assert (stored.format, stored.size, len(stored.getexif())) == ("WEBP", (800, 800), 0)
    assert first.startswith("sites/") and "evil" not in first


def test_words_that_are_too_long_are_refused_with_their_field(cast):
    with pytest.raises(Refusal, match="121 letters; 120 fit") as refused:
        sites.update(cast.ana_site, name="Ana", headline="x" * 121)
    assert refused.value.field == "headline"


def test_a_story_is_shown_as_text_and_never_as_markup(cast, client):
    sites.update(cast.ana_site, name="Ana <b>", story="<script>alert(1)</script>")
    html = client.get("/@ana/").content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_a_link_remembers_whose_it_is_and_leads_to_the_product(cast, client):
    answer = client.get("/r/ana/?to=/p/night-oil/")
    assert answer.headers["Location"] == "/p/night-oil/"
    (visit,) = attribution.visits(client.cookies["visit"].value)
    assert (visit.how, visit.distributor_id) == ("link", cast.ana.pk)


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "\\evil", "https://evil.example", "javascript:alert(1)", "///evil", "/\t/evil", "evil"],
)
def test_a_link_never_leads_out_of_the_shop(cast, client, target):
    answer = client.get("/r/ana/", {"to": target})
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "leads out of our shop" in answer.content.decode()
    assert "visit" not in client.cookies


def test_an_unknown_link_says_so_and_remembers_nothing(cast, client):
    answer = client.get("/r/anna/?to=/p/night-oil/")
    assert answer.status_code == 404
    assert "@anna" in answer.content.decode()
    assert "visit" not in client.cookies


def test_an_unknown_shop_is_not_found(cast, client):
    assert client.get("/@nobody/").status_code == 404


def test_a_terminated_distributor_s_shop_is_closed_and_the_sale_goes_to_the_one_before(cast, client):
    kept = attribution.after(attribution.after((), cast.ana_site, "site"), cast.ben_site, "link")
    Distributor.objects.filter(pk=cast.ben.pk).update(status=Distributor.Status.TERMINATED)
    assert client.get("/@ben/").status_code == 404
    assert attribution.decide(buyers.GUEST, kept).seller_id == cast.ana.pk


def test_the_last_visit_wins_and_the_trail_tells_them_all(cast, client):
    client.get("/@ana/")
    client.get("/r/ben/")
    kept = attribution.visits(client.cookies["visit"].value)
    credit = attribution.decide(buyers.GUEST, kept)
    assert (credit.seller_id, credit.how) == (cast.ben.pk, "link")
    order = Order(seller=cast.ben, attribution=credit.how, trail=list(credit.trail))
    told = attribution.sentences(order)
    assert len(told) == 3
    assert "visited Ana’s shop (@ana)" in told[0] and "came by Ben’s link" in told[1] and "Credited to Ben" in told[2]


def test_a_visit_counts_for_thirty_days(cast):
    now = timezone.now()
    sealed = attribution.seal(attribution.after((), cast.ana_site, "site", now=now))
    assert attribution.visits(sealed, now=now + timezone.timedelta(days=29))
    assert not attribution.visits(sealed, now=now + timezone.timedelta(days=31))


def test_a_cookie_that_was_changed_counts_for_nothing(cast, client):
    client.get("/@ana/")
    client.cookies["visit"] = client.cookies["visit"].value[:-2] + "xx"
    assert attribution.visits(client.cookies["visit"].value) == ()
    assert client.get("/").status_code == 200


def test_a_customer_stays_with_the_own_seller_wherever_the_link_came_from(cast):
    mia = customer("mia@example.com", referred_by=cast.dee, login=True)
    kept = attribution.after((), cast.ana_site, "site")
    credit = attribution.decide(buyers.of(mia.user), kept)
    assert (credit.seller_id, credit.how) == (cast.dee.pk, "customer")


def test_a_guest_who_turns_out_to_be_known_belongs_to_the_own_seller(cast):
    mia = customer("mia@example.com", referred_by=cast.dee)
    assert attribution.decide(buyers.GUEST, known=mia).seller_id == cast.dee.pk


def test_a_suspended_distributor_pays_retail_prices(cast):
    Distributor.objects.filter(pk=cast.ben.pk).update(status=Distributor.Status.SUSPENDED)
    assert buyers.of(cast.ben.user).kind == BuyerKind.RETAIL


def test_a_personal_shop_shows_its_owner_and_previews_itself_to_those_who_get_the_link(cast, client):
    html = client.get("/@ana/").content.decode()
    assert 'property="og:title"' in html and "Teas and calm evenings" in html
    html = client.get("/@ana/p/night-oil/").content.decode()
    assert 'property="og:image" content="http://testserver/static/' in html
    assert 'href="/@ana/p/' in html, "inside the shop one stays inside the shop"


def test_an_order_s_seller_is_the_shop_that_was_visited_last_through_the_real_pages(cast, client):
    client.get("/@ana/p/night-oil/")
    client.get("/@ben/")
    order = paid({cast.oil: 1}, site=cast.ben_site)
    assert order.seller == cast.ben


def in_window(client, address="/@ana/"):
    """The products on the front of a personal shop, as they stand there."""
    return re.findall(r'class="product-name"><a href="[^"]*/p/([^/]+)/"', client.get(address).content.decode())


def test_a_distributor_puts_products_into_the_own_window_and_takes_them_out(cast, client):
    own = Client()
    own.force_login(cast.ana.user)
    assert "Put it in my shop" in own.get("/p/lavender-tea/").content.decode()
    assert "Put it in my shop" not in client.get("/p/lavender-tea/").content.decode()
    back = own.post("/p/lavender-tea/recommend/", {"next": "/p/lavender-tea/", "answer": "yes"})
    assert back.headers["Location"] == "/p/lavender-tea/"
    assert in_window(client)[0] == "lavender-tea"
    assert in_window(client, "/@ben/")[0] == "night-oil", "ben's window is his own"
    own.post("/p/lavender-tea/recommend/", {"answer": "no"})
    assert in_window(client)[0] == "night-oil"


def test_a_window_holds_eight_and_says_so(cast):
    category = cast.tea.category
    for number in range(sites.MOST_RECOMMENDED):
        product = Product.objects.create(sku=f"W{number}", slug=f"w-{number}", name=f"W {number}", category=category)
        sites.recommend(cast.ana_site, product)
        sites.recommend(cast.ana_site, product)
    with pytest.raises(Refusal, match="8 products fit"):
        sites.recommend(cast.ana_site, cast.oil)


def test_only_a_distributor_with_a_shop_has_a_window(cast):
    mia = customer("mia@example.com", login=True)
    client = Client()
    assert client.post("/p/night-oil/recommend/").status_code == 302
    client.force_login(mia.user)
    assert client.post("/p/night-oil/recommend/").status_code == 404


def test_the_cart_leads_back_into_the_shop_one_came_from_and_the_company_s_pages_stay_the_company_s(cast, client):
    client.get("/@ana/p/night-oil/")
    client.post("/cart/add/", {"product": cast.oil.pk})
    assert 'href="/@ana/p/night-oil/"' in client.get("/cart/").content.decode()
    assert 'href="/@ana/' not in client.get("/shop/").content.decode()
