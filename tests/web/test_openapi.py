"""The description of the routes for programs: complete, and no answer to schemathesis breaks it."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from augury.study.store import Store
from tests.cli.store_content import content
from tests.web.cases import BASE
from tests.web.test_fuzz import ENDLESS, POSTS, READS

DOCUMENT = json.loads(files("augury.web").joinpath("static/openapi.json").read_text("utf-8"))
#: What changes the store, with --write.
CHANGING = ["/api/tell", "/api/ask"]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
FEW = settings(
    max_examples=25,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


def test_it_is_served_and_names_every_route(reader: TestClient) -> None:
    assert reader.get("/openapi.json").json() == DOCUMENT
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(path, "get") for path in (*READS, ENDLESS) if path.startswith("/api/")} | {
        (path, "post") for path in POSTS
    }


@SCHEMA.exclude(path=ENDLESS).parametrize()
@FEW
def test_answers_are_as_described(case: Case, reader: TestClient, shown_store: Store) -> None:
    before = content(shown_store.location.path)
    case.call_and_validate(app=reader.app, base_url=BASE, checks=CHECKS)
    assert content(shown_store.location.path) == before


@SCHEMA.include(path=CHANGING).parametrize()
@FEW
def test_answers_where_writing_is_allowed(case: Case, writer: TestClient, changed_store: Store) -> None:
    before = content(changed_store.location.path)
    answer = case.call_and_validate(app=writer.app, base_url=BASE, checks=CHECKS)
    if answer.status_code >= 400:
        assert content(changed_store.location.path) == before


@pytest.mark.parametrize("answer", [Response("<p>", 200), Response("{}", 500, media_type="application/json")])
def test_a_fault_is_found(answer: Response) -> None:
    app = Starlette(routes=[Route("/api/front", lambda request: answer)])
    case = SCHEMA["/api/front"]["GET"].Case(query={"study": "reactor"})
    with pytest.raises(FailureGroup):
        case.call_and_validate(app=app, base_url=BASE, checks=CHECKS)
