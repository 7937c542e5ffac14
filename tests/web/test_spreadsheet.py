"""A table in, the next experiments out: the same that `augury suggest` proposes, and nothing kept."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from augury.cli.app import app
from augury.study.sheet.excel import render_excel
from tests.web.cases import client

SHEET = """exp;temperature;equiv;base;yield;impurity
1;60;1,0;K2CO3;41,2;1,2
2;80;1,5;Cs2CO3;63,0;0,9
3;100;2,0;K2CO3;55,1;2,8
4;60;2,0;Cs2CO3;52,4;0,7
5;80;1,0;K3PO4;49,9;1,4
6;100;1,5;K3PO4;58,8;2,2
7;70;1,5;Cs2CO3;61,0;0,8
8;90;1,5;Cs2CO3;;
"""
MIXTURE = "a,b,c,y\n10,20,70,1\n20,30,50,2\n30,30,40,3\n15,25,60,2.5\n40,10,50,2.2\n22,33,45,2.9\n"
GOALS = [{"name": "yield", "kind": "maximize"}, {"name": "impurity", "kind": "limit", "upper": 2.5}]


@pytest.fixture(scope="module")
def page() -> TestClient:
    return client(None)


def _body(text: str | bytes = SHEET, name: str = "sheet.csv", **more: Any) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    return {"name": name, "data": base64.b64encode(data).decode(), **more}


def test_the_columns_are_told(page: TestClient) -> None:
    found = page.post("/api/spreadsheet/read", json=_body()).json()
    columns = {column["name"]: column for column in found["columns"]}
    assert found["rows"] == 8
    assert columns["exp"]["aside"] == "numbers the rows"
    assert columns["temperature"]["schema"] == {"type": "int", "low": 60, "high": 100, "step": 10}
    assert columns["base"]["schema"]["values"] == ["K2CO3", "Cs2CO3", "K3PO4"]
    assert columns["yield"]["filled"] == 7
    assert "empty" in columns["yield"]["problem"]
    assert found["preview"][0] == ["1", "60", "1,0", "K2CO3", "41,2", "1,2"]


def test_the_columns_are_taken_for_something(page: TestClient) -> None:
    found = page.post("/api/spreadsheet/define", json=_body(goals=GOALS)).json()
    assert list(found["inputs"]) == ["temperature", "equiv", "base"]
    assert found["aside"] == {"exp": "numbers the rows"}
    found = page.post("/api/spreadsheet/define", json=_body(goals=GOALS, ignore=["equiv"])).json()
    assert found["aside"]["equiv"] == "set aside by you"


def test_it_suggests_what_the_command_suggests(page: TestClient, tmp_path: Path) -> None:
    defined = page.post("/api/spreadsheet/define", json=_body(goals=GOALS)).json()
    body = _body(goals=GOALS, inputs=defined["inputs"], constraints=defined["constraints"], n=3)
    found = page.post("/api/spreadsheet/suggest", json=body).json()
    (tmp_path / "sheet.csv").write_text(SHEET)
    command = [
        "suggest",
        str(tmp_path / "sheet.csv"),
        "-g",
        "max:yield",
        "--limit",
        "impurity <= 2.5",
        "-n",
        "3",
    ]
    ran = CliRunner().invoke(app, [*command, "--json"])
    printed = json.loads(ran.stdout)
    assert found["suggestions"] == printed["suggestions"]
    assert found["leave_one_out"] == printed["leave_one_out"]
    assert base64.b64decode(found["file"]) == (tmp_path / "sheet.next.csv").read_bytes()
    assert found["written"] == "sheet.next.csv"
    assert len(found["rows"]) == 3


def test_own_bounds_are_kept(page: TestClient) -> None:
    inputs = {
        "temperature": {"type": "float", "low": 95.5, "high": 120.0},
        "base": {"type": "categorical", "values": ["K3PO4", "K2CO3", "Cs2CO3", "DBU"]},
    }
    sheet = "\n".join(line for line in SHEET.splitlines() if ";60;" not in line)
    wide = {**inputs, "temperature": {"type": "float", "low": 70.0, "high": 140.0}}
    body = _body(sheet, goals=GOALS, inputs=wide, constraints=["temperature >= 95.5"], n=5)
    found = page.post("/api/spreadsheet/suggest", json=body).json()
    heats = [one["params"]["temperature"] for one in found["suggestions"]]
    assert all(95.4 <= heat <= 140.0 for heat in heats)
    assert set(found["suggestions"][0]["params"]) == {"temperature", "base"}
    assert "ignore" in found["space_file_text"]
    refused = page.post("/api/spreadsheet/suggest", json=_body(sheet, goals=GOALS, inputs=inputs))
    assert refused.status_code == 400
    assert "row" in refused.json()["error"], "an experiment outside the bounds is named"


def test_messages_speak_of_the_page(page: TestClient) -> None:
    gap = SHEET.replace("3;100", "3;")
    columns = page.post("/api/spreadsheet/read", json=_body(gap)).json()["columns"]
    assert "not used" in columns[1]["problem"]
    refused = [page.post("/api/spreadsheet/define", json=_body(gap, goals=GOALS))]
    inputs = {"temperature": {"type": "float", "low": 70.0, "high": 80.0}}
    refused.append(page.post("/api/spreadsheet/suggest", json=_body(goals=GOALS, inputs=inputs)))
    rule = {"inputs": {"equiv": {"type": "float", "low": 0.0, "high": 3.0}}, "constraints": ["yield <= 50"]}
    refused.append(page.post("/api/spreadsheet/suggest", json=_body(goals=GOALS, **rule)))
    messages = [one.json()["error"] for one in refused]
    assert "row 4" in messages[0]
    assert "widen its range above" in messages[1]
    assert "not a parameter" in messages[2]
    goals = [{"name": "y", "kind": "maximize"}]
    messages += page.post("/api/spreadsheet/define", json=_body(MIXTURE, goals=goals)).json()["notes"]
    assert not any(word in message for message in messages for word in ("--", ".toml", "[rest]"))


def test_a_mixture_adds_up(page: TestClient) -> None:
    goals = [{"name": "y", "kind": "maximize"}]
    defined = page.post("/api/spreadsheet/define", json=_body(MIXTURE, goals=goals)).json()
    assert defined["rest"] == "c"
    body = _body(
        MIXTURE, goals=goals, inputs=defined["inputs"], rest="c", constraints=defined["constraints"], n=2
    )
    found = page.post("/api/spreadsheet/suggest", json=body).json()
    for one in found["suggestions"]:
        assert sum(one["params"].values()) == pytest.approx(100)


def test_a_workbook(page: TestClient) -> None:
    rows = [[60, "a", 1.0], [80, "b", 2.0], [100, "a", 3.0], [70, "b", 2.5]]
    data = render_excel(["t", "kind", "y"], rows)
    goals = [{"name": "y", "kind": "minimize"}]
    defined = page.post("/api/spreadsheet/define", json=_body(data, "book.xlsx", goals=goals)).json()
    body = _body(data, "book.xlsx", goals=goals, inputs=defined["inputs"], n=2)
    found = page.post("/api/spreadsheet/suggest", json=body).json()
    assert found["written"] == "book.next.xlsx"
    assert base64.b64decode(found["file"]).startswith(b"PK")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "sheet.csv", "data": "no base64!"}, "did not arrive whole"),
        ({"name": "sheet.doc", "data": ""}, "augury reads"),
        ({"name": "sheet.csv", "data": ""}, "empty"),
        ({"name": 3, "data": ""}, "'name' must be text"),
        (_body(b"PK\x03\x04 broken", "book.xlsx"), "not an Excel workbook"),
        (_body("a,a\n1,2\n"), "two columns"),
        (_body(goals=[]), "goal"),
        (_body(goals="yield"), "list"),
        (_body(goals=[{"name": "yield", "kind": "median"}]), "median"),
        (_body(goals=[{"name": "nothing", "kind": "maximize"}]), "nothing"),
        (_body(goals=GOALS, inputs={}), "tick"),
        (_body(goals=GOALS, inputs={"equiv": 3}), "equiv"),
        (_body(goals=GOALS, inputs={"equiv": {"type": "float", "low": 3, "high": 1}}), "equiv"),
        (_body(goals=GOALS, inputs={"colour": {"type": "float", "low": 0, "high": 1}}), "column"),
        (_body(goals=GOALS, inputs={"equiv": {"type": "float", "low": 0.0, "high": 3.0}}, n=101), "1 to 100"),
        (_body(goals=GOALS, inputs={"equiv": {"type": "float", "low": 0.0, "high": 3.0}}, rest=3), "rest"),
    ],
)
def test_a_bad_table_is_said(page: TestClient, body: dict[str, Any], message: str) -> None:
    path = "suggest" if "goals" in body else "read"
    answer = page.post(f"/api/spreadsheet/{path}", json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


@pytest.mark.parametrize(
    "name", ["../../etc/x.csv", "/tmp/x.csv", "..\\x.csv", ".csv", "a\x00b.csv", "ä" * 300 + ".csv"]
)
def test_a_name_leads_nowhere_else(
    page: TestClient, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer = page.post("/api/spreadsheet/read", json=_body(name=name))
    assert answer.status_code in (200, 400)
    assert not list(tmp_path.iterdir()), "nothing is kept"
    if answer.status_code == 200:
        assert not set(answer.json()["name"]) & set("/\\\x00")


def test_a_workbook_that_unpacks_to_too_much(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augury.web.uploaded_table._MOST_UNPACKED", 1000)
    data = render_excel(["t", "y"], [[60, 1.0], [70, 2.0]])
    answer = page.post("/api/spreadsheet/read", json=_body(data, "book.xlsx"))
    assert answer.status_code == 400
    assert "unpacks" in answer.json()["error"]


def test_a_request_that_is_too_large(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augury.web.answers.MOST_BYTES", 2000)
    answer = page.post("/api/spreadsheet/read", json=_body(SHEET * 20))
    assert answer.status_code == 413
