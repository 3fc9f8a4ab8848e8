"""Takes the pictures of docs/screenshots: every main page at phone and desktop size, in light and in dark.

``make pictures`` starts a demo company of its own for it; ``python -m tests.browser.pictures http://localhost:8000`` takes
them from one that runs. Not a test: what a page must do is tested elsewhere, this is for looking.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium
from tests.servers import Company

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
# A company whose leader has a name and a team that most readers can read.
PEOPLE, SEED = 2000, 5
SIZES = {"phone": (390, 844, 2), "desktop": (1280, 800, 1)}
SCHEMES = ("light", "dark")
QUALITY = 84
PATIENCE = 90_000
# What is below the fold loads later, and need not be waited for.
DRAWN = """Promise.all([
    document.fonts.ready,
    ...[...document.images].filter((image) => image.loading != "lazy").map((image) => image.decode().catch(() => 0)),
])"""
# Who looks, then what: the name of the picture and the address.
PAGES = {
    "": {
        "shop": "/",
        "shelf": "/shop/",
        "product": "/p/rosehip-night-oil/",
        "sign-in": "/accounts/login/",
    },
    "leader": {"dashboard": "/office/", "team": "/office/team/", "earnings": "/office/earnings/"},
    "office": {"company": "/company/", "admin": "/admin/", "people": "/admin/genealogy/distributor/"},
}


@contextmanager
def company(arguments: list[str]) -> Iterator[str]:
    """The address of a demo company: the one that was named, or one started for the occasion."""
    if arguments:
        yield arguments[0].rstrip("/")
        return
    started = Company.fresh()
    try:
        started.manage("demo", "--people", str(PEOPLE), "--seed", str(SEED))
        started.start()
        yield started.base_url
    finally:
        started.stop()


def take(browser: Browser, base_url: str) -> None:
    """Take every picture."""
    for size, (wide, high, scale) in SIZES.items():
        for scheme in SCHEMES:
            for who, pages in PAGES.items():
                context = browser.new_context(
                    viewport={"width": wide, "height": high}, device_scale_factor=scale, color_scheme=scheme, base_url=base_url
                )
                page = context.new_page()
                page.set_default_timeout(PATIENCE)
                if who:
                    sign_in(page, who)
                for name, address in pages.items():
                    page.goto(address)
                    keep(page, f"{name}-{size}-{scheme}")
                if not who:
                    check_out(page, f"{size}-{scheme}")
                context.close()


def sign_in(page: Page, who: str) -> None:
    """Come in as one of the demo's people."""
    page.goto("/accounts/login/")
    page.locator(f'form[action$="/sign-in/{who}/"] button').click()
    page.wait_for_url(lambda address: "/accounts/" not in address)


def check_out(page: Page, suffix: str) -> None:
    """Fill a cart as a guest and go on to the checkout."""
    for count, product in enumerate(("cedar-hollow-candle", "evening-fern-tea"), start=1):
        page.goto(f"/p/{product}/")
        page.locator(".product-buy form button[type=submit]").first.click()
        page.locator(f'#cart-count[data-count="{count}"]').first.wait_for()
    page.goto("/checkout/")
    keep(page, f"checkout-{suffix}")


def keep(page: Page, name: str) -> None:
    """Wait for pictures and type, then keep what is on the screen."""
    page.wait_for_load_state("load")
    page.evaluate(DRAWN)
    page.wait_for_timeout(400)
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=QUALITY)
    print(f"{name}.jpg")


def main() -> int:
    """Take the pictures; say what is missing when there is no browser."""
    path = chromium.find()
    if path is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with company(sys.argv[1:]) as base_url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        take(browser, base_url)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
