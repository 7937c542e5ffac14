"""What the page changes: what was asked for, nothing else, and nothing without --write."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from augury import Study
from augury.study.store import Store
from tests.cli.store_content import content


def _trials(store: Store) -> dict[int, Any]:
    return {trial.number: trial for trial in Study.load(store, "reactor").trials}


def test_a_result_is_told(writer: TestClient, changed_store: Store) -> None:
    before = _trials(changed_store)
    body = {"study": "reactor", "number": 12, "values": {"yield": [71.5, 0.5], "pressure": 3}, "cost": 2.5}
    assert writer.post("/api/tell", json=body).json()["status"] == "complete"
    after = _trials(changed_store)
    assert after[12].values == {"yield": 71.5, "pressure": 3.0}
    assert after[12].stderrs == {"yield": 0.5}
    assert after[12].cost == 2.5
    assert {n: t for n, t in after.items() if n != 12} == {n: t for n, t in before.items() if n != 12}


def test_a_failure_is_told(writer: TestClient, changed_store: Store) -> None:
    told = writer.post("/api/tell", json={"study": "reactor", "number": 12, "failed": "a leak"}).json()
    assert told["status"] == "failed"
    assert _trials(changed_store)[12].reason == "a leak"
    told = writer.post(
        "/api/tell", json={"study": "reactor", "number": 13, "failed": "", "retry": True}
    ).json()
    assert told["status"] == "queued"


def test_a_trial_is_abandoned(writer: TestClient, changed_store: Store) -> None:
    assert (
        writer.post("/api/tell", json={"study": "reactor", "number": 12, "abandon": True}).status_code == 200
    )
    assert _trials(changed_store)[12].status == "abandoned"


def test_experiments_are_asked_for(writer: TestClient, changed_store: Store) -> None:
    body = {"study": "reactor", "n": 2, "fixed": {"solvent": "THF"}}
    found = writer.post("/api/ask", json=body).json()["trials"]
    after = _trials(changed_store)
    assert [one["number"] for one in found] == [14, 15]
    assert all(after[one["number"]].params == one["params"] for one in found)
    assert all(one["params"]["solvent"] == "THF" for one in found)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tell", {"number": 12}),
        ("tell", {"number": 12, "values": {"yield": 1.0, "pressure": 1.0}, "failed": "both"}),
        ("tell", {"number": 99, "values": {"yield": 1.0, "pressure": 1.0}}),
        ("tell", {"number": -1, "values": {"yield": 1.0, "pressure": 1.0}}),
        ("tell", {"number": 12.0, "values": {"yield": 1.0, "pressure": 1.0}}),
        ("tell", {"number": True, "values": {"yield": 1.0, "pressure": 1.0}}),
        ("tell", {"number": 2**70, "abandon": True}),
        ("tell", {"number": 12, "values": {"yield": "high", "pressure": 1.0}}),
        ("tell", {"number": 12, "values": {"yield": 1.0}}),
        ("tell", {"number": 12, "values": {"yield": 1.0, "pressure": 1.0}, "cost": "dear"}),
        ("tell", {"number": 12, "values": {"yield": 1.0, "pressure": 1.0}, "cost": 10**400}),
        ("tell", {"number": 12, "failed": 7}),
        ("tell", {"number": 12, "failed": "x", "retry": "yes"}),
        ("tell", {"number": 0, "abandon": True}),
        ("tell", {"number": 12, "abandon": "yes"}),
        ("ask", {"n": 0}),
        ("ask", {"n": 101}),
        ("ask", {"n": 1.5}),
        ("ask", {"n": 1, "fixed": ["solvent"]}),
        ("ask", {"n": 1, "fixed": {"solvent": "water"}}),
        ("ask", {"n": 1, "fixed": {"colour": "red"}}),
    ],
)
def test_a_bad_request_changes_nothing(
    writer: TestClient, changed_store: Store, path: str, body: dict[str, Any]
) -> None:
    before = content(changed_store.location.path)
    answer = writer.post(f"/api/{path}", json={"study": "reactor", **body})
    assert answer.status_code == 400, answer.text
    assert "\n" not in answer.json()["error"]
    assert content(changed_store.location.path) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tell", {"number": 12, "values": {"yield": 1.0, "pressure": 1.0}}),
        ("tell", {"number": 12, "abandon": True}),
        ("ask", {"n": 1}),
    ],
)
def test_without_write_it_only_shows(
    reader: TestClient, shown_store: Store, path: str, body: dict[str, Any]
) -> None:
    before = content(shown_store.location.path)
    answer = reader.post(f"/api/{path}", json={"study": "reactor", **body})
    assert answer.status_code == 403
    assert "--write" in answer.json()["error"]
    assert content(shown_store.location.path) == before
