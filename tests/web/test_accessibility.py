"""The pages under the rules of axe-core (WCAG 2.2 A and AA, and its best practices)."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from augury.study.store import Store
from tests.web.browser import opened
from tests.web.cases import served
from tests.web.test_browser import READY
from tests.web.test_spreadsheet import SHEET

#: In both schemes, for the contrast of colours, and on a screen of each size.
VIEWS = [("desktop", "dark"), ("phone", "light")]


def _check(page: Page) -> None:
    """Nothing on the page, as it is now, breaks a rule; what is folded is opened before."""
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_pages_that_show(browser: Browser, shown: str, size: str, scheme: str) -> None:
    with opened(browser, size, scheme) as page:
        page.goto(shown)
        expect(page.locator("#rows tr")).to_have_count(3)
        _check(page)
        for study in ("reactor", "two goals / ?&"):
            page.get_by_role("link", name=study).click()
            page.wait_for_selector(READY, state="attached")
            _check(page)
            page.goto(shown)


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_a_page_that_is_written_to(browser: Browser, changed_store: Store, size: str, scheme: str) -> None:
    with served(changed_store, write=True) as url, opened(browser, size, scheme) as page:
        page.goto(f"{url}/study?name=reactor")
        page.wait_for_selector(READY, state="attached")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#asked li")).to_have_count(1)
        _check(page)
        page.get_by_role("button", name="Trial 3, details").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        _check(page)


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_the_spreadsheet(browser: Browser, size: str, scheme: str, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET)
    with served(None) as url, opened(browser, size, scheme) as page:
        page.goto(url)
        _check(page)
        page.set_input_files("#file", sheet)
        page.get_by_label("What yield is").select_option("maximize")
        page.get_by_role("button", name="Suggest the next experiments").click()
        expect(page.locator("#next-table tbody tr")).not_to_have_count(0)
        _check(page)


def test_a_fault_is_found(browser: Browser, shown: str) -> None:
    with opened(browser) as page:
        page.goto(shown)
        page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        with pytest.raises(AssertionError, match="button-name"):
            _check(page)
