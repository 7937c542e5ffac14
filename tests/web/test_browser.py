"""The pages in a real browser: they render without complaint, follow the study, and do what they offer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from augury import Study
from augury.study.store import Store
from tests.web.browser import launched, opened, shoot
from tests.web.cases import served
from tests.web.test_spreadsheet import SHEET

VIEWS = [("desktop", "light"), ("phone", "dark")]
READY = "#model[data-revision]"


def test_without_a_browser_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.web.browser.chromium", lambda: None)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"), launched():
        pass


def _study(page: Page, url: str, name: str = "reactor") -> None:
    page.goto(f"{url}/study?name={name}")
    page.wait_for_selector(READY, state="attached")


def _fits(page: Page) -> bool:
    """Whether nothing sticks out of the page to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_a_study(browser: Browser, shown: str, size: str, scheme: str) -> None:
    with opened(browser, size, scheme) as page:
        page.goto(shown)
        page.get_by_role("link", name="reactor").click()
        page.wait_for_selector(READY, state="attached")
        expect(page).to_have_title("reactor · augury")
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator("#progress svg[role=img]")).to_have_count(2)
        expect(page.locator("#slices svg[role=img]")).to_have_count(3)
        expect(page.locator("#map svg[role=img]")).to_have_count(1)
        expect(page.locator("#parallel .track")).to_have_count(10)
        expect(page.locator("#calibration svg[role=img]")).to_have_count(2)
        expect(page.locator("#trial-rows tr")).to_have_count(14)
        assert _fits(page)
        assert page.locator("b", has_text="&").count() == 0, "what a study holds never becomes markup"
        shoot(page, f"study-{size}-{scheme}")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "dark"), ("phone", "light")])
def test_several_objectives_and_the_list(browser: Browser, shown: str, size: str, scheme: str) -> None:
    with opened(browser, size, scheme) as page:
        page.goto(shown)
        expect(page.locator("#rows tr")).to_have_count(3)
        shoot(page, f"studies-{size}-{scheme}")
        page.get_by_role("link", name="two goals / ?&").click()
        page.wait_for_selector(READY, state="attached")
        expect(page.locator("#front-charts svg[role=img]")).to_have_count(1)
        expect(page.locator("#front-table tbody tr").first).to_be_visible()
        assert _fits(page)
        shoot(page, f"front-{size}-{scheme}")


def test_a_study_without_trials_and_one_that_is_not_there(browser: Browser, shown: str) -> None:
    with opened(browser) as page:
        _study(page, shown, "empty")
        expect(page.locator("#page-text")).to_have_text("There are no trials yet.")
        shoot(page, "empty")
    with opened(browser, besides="404") as page:
        page.goto(f"{shown}/study?name=nothing")
        expect(page.get_by_role("alert")).to_contain_text("has no study 'nothing'")


def test_a_live_update_arrives(browser: Browser, changed_store: Store) -> None:
    elsewhere = Study.load(changed_store.location.path, "reactor")
    with served(changed_store) as url, opened(browser) as page:
        _study(page, url)
        expect(page.locator("#live")).to_have_text("live")
        elsewhere.tell(12, {"yield": 123.4, "pressure": 1.0})
        expect(page.locator("#tiles")).to_contain_text("123.4")
        expect(page.locator("#trial-rows tr.best")).to_contain_text("123.4")
        expect(page.locator("#model-message")).to_contain_text("newer results")
        expect(page.locator("#read-only")).to_be_visible()
        expect(page.locator("#tell")).to_be_hidden()


def test_a_result_is_told_and_an_experiment_asked_for(browser: Browser, changed_store: Store) -> None:
    with served(changed_store, write=True) as url, opened(browser) as page:
        _study(page, url)
        page.get_by_role("button", name="Trial 13, details").click()
        page.get_by_role("button", name="Tell its result").click()
        page.get_by_label("yield", exact=True).fill("high")
        page.get_by_role("button", name="Tell", exact=True).click()
        expect(page.locator("#tell-message")).to_contain_text("not a number")
        page.get_by_label("yield", exact=True).fill("77,25")
        page.get_by_label("± standard error (if known)").first.fill("0.5")
        page.get_by_label("pressure", exact=True).fill("2")
        page.get_by_role("button", name="Tell", exact=True).click()
        expect(page.locator("#tell-message")).to_have_text("Trial 13 is complete.")
        expect(page.locator("#tell-trial option")).to_have_count(1)
        page.get_by_label("how many").fill("2")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#asked li")).to_have_count(2)
        expect(page.locator("#tell-trial option")).to_have_count(3)
        shoot(page, "tell-and-ask")
    trials = Study.load(changed_store, "reactor").trials
    assert trials[13].values == {"yield": 77.25, "pressure": 2.0}
    assert trials[13].stderrs == {"yield": 0.5}
    assert len(trials) == 16


def test_the_table_is_filtered_sorted_and_saved(browser: Browser, shown: str, tmp_path: Path) -> None:
    with opened(browser) as page:
        _study(page, shown)
        rows = page.locator("#trial-rows tr")
        page.get_by_label("filter").fill("yield > 0 solvent=DMF")
        expected = [
            trial.number
            for trial in Study.load(page.locator("#store").inner_text(), "reactor").trials
            if trial.values.get("yield", -1) > 0 and trial.params["solvent"] == "DMF"
        ]
        expect(rows).to_have_count(len(expected))
        page.get_by_role("columnheader", name="yield").get_by_role("button").click()
        cells = page.locator("#trial-rows td:nth-child(3)").all_inner_texts()
        values = [float(text.split()[0]) for text in cells]
        assert values == sorted(values, reverse=True)
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save these trials").click()
        saved.value.save_as(tmp_path / "trials.csv")
        lines = (tmp_path / "trials.csv").read_text().strip().splitlines()
        assert sorted(int(line.split(",")[0]) for line in lines[1:]) == expected


def test_by_keyboard_alone(browser: Browser, shown: str) -> None:
    with opened(browser) as page:
        _study(page, shown)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "where the keyboard is must be seen"
        page.keyboard.press("Enter")
        button = page.get_by_role("button", name="Trial 3, details")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("the pump <i>stopped</i>")
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        summary = page.locator("#progress summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#progress table")).to_be_visible()


def test_everything_has_a_name(browser: Browser, shown: str) -> None:
    with opened(browser) as page:
        for path in ("/", "/study?name=reactor", "/spreadsheet"):
            page.goto(shown + path)
            if "study" in path and "name" in path:
                page.wait_for_selector(READY, state="attached")
            snapshot = page.locator("body").aria_snapshot()
            for role in ("button", "link", "textbox", "combobox", "img", "region", "table", "spinbutton"):
                nameless = re.findall(rf"^\s*- {role}:?\s*$", snapshot, re.MULTILINE)
                assert nameless == [], f"{path}: a {role} without a name"
            assert page.locator("main").count() == page.locator("h1:visible").count() == 1
            assert page.locator("html[lang]").count() == 1


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_a_spreadsheet(browser: Browser, size: str, scheme: str, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET)
    with served(None) as url, opened(browser, size, scheme) as page:
        page.goto(url)
        expect(page.locator("#to-studies")).to_be_hidden()
        shoot(page, f"spreadsheet-empty-{size}-{scheme}")
        page.set_input_files("#file", sheet)
        page.get_by_label("What yield is").select_option("maximize")
        page.get_by_label("What impurity is").select_option("limit")
        page.get_by_label("impurity: at most").fill("2,5")
        page.get_by_label("temperature: to").fill("130")
        page.get_by_label("base: further choices").fill("DBU")
        page.get_by_label("how many experiments").fill("3")
        page.get_by_role("button", name="Suggest the next experiments").click()
        expect(page.locator("#next-table tbody tr")).to_have_count(3)
        assert _fits(page)
        shoot(page, f"spreadsheet-{size}-{scheme}")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download sheet.next.csv").click()
        saved.value.save_as(tmp_path / "next.csv")
        assert (tmp_path / "next.csv").read_text().startswith("exp;temperature;equiv;base;yield;impurity;")
