"""A real browser for the tests: a Chromium that is installed, without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

VARIABLE = "AUGURY_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MISSING = (
    f"no Chromium was found: install it (Debian: apt-get install chromium), or set {VARIABLE} to the program"
)
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PATIENCE = 60_000
"""Milliseconds to wait for what comes: a first suggestion imports torch, on a busy machine for long."""
SIZES = {"desktop": (1280, 860), "phone": (375, 780)}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """The path of a Chromium, or None."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window."""
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, size: str = "desktop", scheme: str = "light", *, besides: str = "/api/events"
) -> Iterator[Page]:
    """A page that fails the test with what it writes to the console as an error or a warning.

    Args:
        browser: it is a page of.
        size: one of `SIZES`.
        scheme: the reader's, "light" or "dark".
        besides: complaints that contain this are expected; a stream of events is cut when its page is left.
    """
    width, height = SIZES[size]
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
        timezone_id="UTC",
    )
    said: list[str] = []
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.extend(_complaint(request)))
    try:
        yield page
        complaints = [one for one in said if besides not in one]
        assert complaints == [], complaints
    finally:
        context.close()


def _complaint(request: Request) -> list[str]:
    """What a request failed of, unless its page was left meanwhile."""
    return [] if "ERR_ABORTED" in str(request.failure) else [f"{request.url}: {request.failure}"]


def shoot(page: Page, name: str) -> Path:
    """A picture of the whole page, from its top, kept as an artefact of the build."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path
