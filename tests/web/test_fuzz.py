"""Whatever is sent to the dashboard: no 500, no traceback, and only what was asked for is stored."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from augury import Study
from augury.study.store import Store
from augury.web.access import Access
from augury.web.app import Dashboard
from tests.cli.store_content import content
from tests.web.cases import client
from tests.web.test_spreadsheet import GOALS, SHEET

LONG = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ENDLESS = "/api/events"  # its refusals are tried on their own

ROUTES = [route for route in Dashboard(None, write=True).routes() if isinstance(route, Route)]
READS = sorted(
    route.path
    for route in ROUTES
    if "GET" in (route.methods or ()) and route.path != ENDLESS and "static" not in route.path
)
POSTS = sorted(route.path for route in ROUTES if "POST" in (route.methods or ()))

texts = st.text(max_size=20) | st.sampled_from(
    ["reactor", "empty", "two goals / ?&", "\x00", "\ud800", "a" * 300]
)
numbers = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, 10**400, -1, 0, 12, 13])
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
names = ["study", "number", "since", "outcome", "across", "up", "name", "token"]
queries = st.dictionaries(
    st.sampled_from(names),
    texts | st.integers().map(str) | st.sampled_from(["yield", "temperature", "solvent", "12"]),
    max_size=5,
)
headers = st.dictionaries(
    st.sampled_from(
        ["last-event-id", "if-none-match", "cookie", "authorization", "accept", "range", "expect"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    max_size=2,
)


def _results() -> st.SearchStrategy[Any]:
    value = st.floats(-1e6, 1e6) | st.lists(numbers, max_size=3) | anything
    return st.fixed_dictionaries({}, optional={"yield": value, "pressure": value, "other": value})


changes = st.fixed_dictionaries(
    {"study": st.just("reactor") | texts},
    optional={
        "number": st.integers(0, 15) | scalars,
        "values": _results() | anything,
        "failed": texts | scalars,
        "abandon": st.booleans() | scalars,
        "retry": scalars,
        "cost": scalars,
        "n": st.integers(-1, 3) | scalars,
        "fixed": st.dictionaries(st.sampled_from(["solvent", "stages", "x"]), anything, max_size=2)
        | anything,
        "format": st.sampled_from(["csv", "xlsx", "parquet", "json", "exe"]) | scalars,
        "numbers": st.lists(scalars, max_size=4) | scalars,
    },
)
ranges = st.fixed_dictionaries(
    {"type": st.sampled_from(["int", "float", "categorical", "fixed"]) | texts},
    optional={
        "low": scalars,
        "high": scalars,
        "step": scalars,
        "log": scalars,
        "values": anything,
        "value": scalars,
    },
)
goals = st.fixed_dictionaries(
    {"name": st.sampled_from(["yield", "impurity", "base"]) | texts},
    optional={
        "kind": st.sampled_from(["maximize", "minimize", "limit"]) | scalars,
        "lower": scalars,
        "upper": scalars,
    },
)


def _bytes() -> st.SearchStrategy[bytes]:
    lines = st.lists(
        st.lists(st.sampled_from(["1", "2,5", "x", "", "1e999", '"', "yield"]), max_size=4), max_size=6
    )
    tables = lines.map(lambda rows: "\n".join(";".join(row) for row in rows).encode())
    return (
        st.just(SHEET.encode())
        | tables
        | st.binary(max_size=60)
        | st.binary(max_size=40).map(b"PK\x03\x04".__add__)
    )


sheets = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["sheet.csv", "sheet.xlsx", "sheet.parquet", "../x.csv", "x.tsv"]) | texts,
        "data": _bytes().map(lambda data: base64.b64encode(data).decode()) | texts,
    },
    optional={
        "goals": st.just(GOALS) | st.lists(goals, max_size=3) | anything,
        "ignore": st.lists(texts | st.sampled_from(["equiv", "exp"]), max_size=2) | anything,
        "inputs": st.dictionaries(
            st.sampled_from(["temperature", "equiv", "base"]) | texts, ranges, max_size=3
        )
        | anything,
        "constraints": st.lists(
            st.sampled_from(["temperature <= 90", "equiv ==", "`", "1/0 > equiv"]) | texts, max_size=2
        )
        | anything,
        "rest": scalars,
        "n": st.integers(1, 2) | scalars,
        "seed": scalars,
    },
)


def _is_fine(answer: Any) -> bool:
    """Whether a request was served or refused in the way that it should be."""
    if answer.status_code >= 400:
        assert answer.status_code in (400, 401, 403, 404, 405, 413), answer.text
        assert set(answer.json()) == {"error"}
        assert "\n" not in answer.json()["error"]
    elif "json" in answer.headers.get("content-type", ""):
        assert "Traceback (most" not in answer.text
    return bool(answer.status_code < 400)


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()  # with NaN and halves of characters, which a client may send


def _send(to: TestClient, path: str, body: Any) -> bool:
    return _is_fine(to.post(path, content=_encoded(body), headers={"content-type": "application/json"}))


@LONG
@given(st.sampled_from(READS), queries, headers)
def test_reading(
    reader: TestClient, shown_store: Store, path: str, query: dict[str, str], more: dict[str, str]
) -> None:
    before = content(shown_store.location.path)
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    _is_fine(reader.get(path, params=clean, headers=more))
    assert content(shown_store.location.path) == before


@LONG
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"]),
    st.text(max_size=30),
)
def test_any_path_and_method(reader: TestClient, shown_store: Store, method: str, path: str) -> None:
    before = content(shown_store.location.path)
    answer = reader.request(method, "/" + quote(path.encode("utf-8", "replace"), safe="/%.;@"))
    if method != "HEAD":
        _is_fine(answer)
    assert content(shown_store.location.path) == before


@LONG
@given(st.sampled_from(POSTS), changes | anything)
def test_posting_to_a_dashboard_that_only_shows(
    reader: TestClient, shown_store: Store, path: str, body: Any
) -> None:
    before = content(shown_store.location.path)
    served = _send(reader, path, body)
    assert not (served and path in ("/api/tell", "/api/ask"))
    assert content(shown_store.location.path) == before


@LONG
@given(st.sampled_from(["/api/tell", "/api/ask"]), changes)
def test_posting_to_one_with_write(writer: TestClient, changed_store: Store, path: str, body: Any) -> None:
    before, stored = Study.load(changed_store, "reactor").trials, content(changed_store.location.path)
    served = _send(writer, path, body)
    if not served:
        assert content(changed_store.location.path) == stored
        return
    after = {trial.number: trial for trial in Study.load(changed_store, "reactor").trials}
    changed = [trial for trial in before if after[trial.number] != trial]
    if path == "/api/tell":
        assert {trial.number for trial in changed} <= {body["number"]}
        assert len(after) == len(before)
    else:
        assert changed == []
        assert len(after) == len(before) + (body.get("n", 1) if body["study"] == "reactor" else 0)


@LONG
@given(st.sampled_from(["read", "define", "suggest"]), sheets)
def test_spreadsheets(path: str, body: Any) -> None:
    _send(client(None), f"/api/spreadsheet/{path}", body)


@settings(LONG, max_examples=50)
@given(
    st.sampled_from(POSTS),
    st.binary(max_size=60),
    st.sampled_from(["application/json", "text/plain", "", "x" * 999]),
)
def test_bodies_that_are_no_json(reader: TestClient, path: str, data: bytes, kind: str) -> None:
    assert not _is_fine(reader.post(path, content=data, headers={"content-type": kind}))


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, '{"study": 1e999}', '"' + "a" * 10_000])
def test_json_that_is_nested_too_deeply(reader: TestClient, body: str) -> None:
    for path in POSTS:
        assert not _is_fine(reader.post(path, content=body, headers={"content-type": "application/json"}))


@LONG
@given(
    queries.filter(lambda query: query.get("study") not in ("reactor", "empty", "two goals / ?&")), headers
)
def test_events_of_no_study(reader: TestClient, query: dict[str, str], more: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    assert not _is_fine(reader.get(ENDLESS, params=clean, headers=more))


@LONG
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30), st.text(max_size=20))
def test_hosts_and_tokens(shown_store: Store, host: str, token: str) -> None:
    guarded = client(shown_store, access=Access("0123456789abcdef", any_address=True))
    shown = {
        "authorization": b"Bearer " + token.encode("utf-8", "replace").replace(b"\n", b"").replace(b"\r", b"")
    }
    assert not _is_fine(guarded.get("/", headers=shown))
    assert not _is_fine(guarded.get("/", headers={"host": host}))
