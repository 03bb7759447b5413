"""Take pictures of the five screens of a running system, to look at and for docs/screenshots.

`python -m benchmarks.screenshots 'http://127.0.0.1:18050/?token=…' docs/screenshots`, with the
address that `./city up` prints.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import BrowserContext, sync_playwright

SCREENS = ("overall", "city_management", "governance", "services", "traffic")
PHONE = 760
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SETTLE_MS = 4_000
PATIENCE_MS = 120_000


def main(
    url: Annotated[str, typer.Argument(help="address of the wall, with its token")],
    folder: Annotated[Path, typer.Argument(help="where the pictures go")],
    sizes: Annotated[str, typer.Option(help="comma list")] = "1920x1080",
    languages: Annotated[str, typer.Option(help="comma list of zh, en")] = "zh",
) -> None:
    """Open each screen at each size in each language, wait for its numbers, take its picture."""
    folder.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("no Chromium on this machine; apt-get install chromium")
    address, _, query = url.partition("?")
    address = address.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        context = browser.new_context()
        context.new_page().goto(f"{address}/?{query}")  # the token becomes a cookie
        for size in sizes.split(","):
            for language in languages.split(","):
                for screen in SCREENS:
                    name = screen if (size, language) == ("1920x1080", "zh") else ""
                    target = folder / f"{name or f'{screen}_{size}_{language}'}.png"
                    take(context, f"{address}/{screen}?lang={language}", size, target)
                    print(target)
        browser.close()


def take(context: BrowserContext, url: str, size: str, target: Path) -> None:
    """Take one picture; complaints of the page are printed."""
    width, height = map(int, size.split("x"))
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.on("console", lambda it: print("console:", it.text) if it.type == "error" else None)
    page.on("pageerror", lambda error: print("error:", error))
    page.goto(url, timeout=PATIENCE_MS)
    page.wait_for_selector("main:not([hidden]) .fresh i", timeout=PATIENCE_MS)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=target, full_page=width < PHONE, timeout=PATIENCE_MS)
    page.close()


if __name__ == "__main__":
    typer.run(main)
