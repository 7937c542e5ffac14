"""Who may use the dashboard, and who may not."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from augury.errors import InvalidInputError
from augury.study.store import Store
from augury.web.access import Access
from augury.web.server import access_for, address, is_loopback, listen
from tests.web.cases import BASE, client

TOKEN = "0123456789abcdefABCDEF"


@pytest.fixture
def guarded(shown_store: Store) -> TestClient:
    return client(shown_store, access=Access(TOKEN, names={"lab.example"}, any_address=True))


@pytest.mark.parametrize("host", ["localhost", "localhost:99", "127.0.0.1:8377", "[::1]:8377", "LOCALHOST"])
def test_this_machine_goes_by_its_own_names(reader: TestClient, host: str) -> None:
    assert reader.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.", "10.0.0.7", "a@localhost", "", "[::1", "x:y:z"],
)
def test_another_name_is_refused(reader: TestClient, host: str) -> None:
    answer = reader.get("/api/studies", headers={"host": host})
    assert answer.status_code == 403
    assert "reactor" not in answer.text


def test_bound_elsewhere_it_goes_by_addresses_and_known_names(guarded: TestClient) -> None:
    shown = {"authorization": f"Bearer {TOKEN}"}
    for host in ("10.0.0.7:8377", "lab.example", "[fd00::7]:80", "localhost"):
        assert guarded.get("/api/studies", headers={**shown, "host": host}).status_code == 200
    assert guarded.get("/api/studies", headers={**shown, "host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/study", "/api/studies", "/api/events?study=reactor", "/static/dom.js", "/no"]
)
def test_nothing_is_shown_without_the_token(guarded: TestClient, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert "reactor" not in answer.text


@pytest.mark.parametrize("shown", ["", TOKEN[:-1], TOKEN + "0", TOKEN.upper(), "ä" * 22])
def test_another_token_is_refused(guarded: TestClient, shown: str) -> None:
    given = shown.encode("latin-1")
    assert guarded.get("/", headers={"authorization": b"Bearer " + given}).status_code == 401
    assert guarded.get("/", params={"token": shown}, follow_redirects=False).status_code == 401
    assert guarded.get("/", headers={"cookie": b"augury-token-80=" + given}).status_code == 401


def test_the_address_with_the_token_sets_a_cookie(guarded: TestClient) -> None:
    answer = guarded.get("/study", params={"name": "two goals / ?&", "token": TOKEN}, follow_redirects=False)
    assert answer.status_code == 303
    assert TOKEN not in answer.headers["location"]
    assert answer.headers["location"].startswith("/study?name=two")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guarded.get("/api/studies").json()["studies"]


def test_a_redirect_stays_here(guarded: TestClient) -> None:
    answer = guarded.get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not answer.headers.get("location", "").startswith("//")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:81"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_may_not_post(writer: TestClient, changed_store: Store, headers: dict[str, str]) -> None:
    before = writer.get("/api/studies").json()
    body = {"study": "reactor", "number": 12, "values": {"yield": 1.0, "pressure": 1.0}}
    assert writer.post("/api/tell", json=body, headers=headers).status_code == 403
    assert writer.get("/api/studies").json() == before


@pytest.mark.parametrize("headers", [{}, {"origin": BASE}, {"origin": BASE, "sec-fetch-site": "same-origin"}])
def test_its_own_pages_and_scripts_may(writer: TestClient, headers: dict[str, str]) -> None:
    body = {"study": "reactor", "number": 12, "values": {"yield": 1.0, "pressure": 1.0}}
    assert writer.post("/api/tell", json=body, headers=headers).status_code == 200


def test_a_form_of_another_kind_is_no_request(writer: TestClient) -> None:
    text = '{"study": "reactor", "number": 12, "abandon": true}'
    assert writer.post("/api/tell", content=text, headers={"content-type": "text/plain"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/static/base.css", "/api/studies", "/api/study?study=no", "/nothing"])
def test_every_answer_keeps_the_page_to_itself(reader: TestClient, path: str) -> None:
    headers = reader.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_elsewhere_a_token_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUGURY_TOKEN", raising=False)
    assert access_for("127.0.0.1").token is None
    one, other = access_for("0.0.0.0"), access_for("0.0.0.0")
    assert one.token
    assert one.token != other.token
    assert one.token not in repr(one)
    assert one.token in address("192.0.2.1", 80, one)
    monkeypatch.setenv("AUGURY_TOKEN", TOKEN)
    assert access_for("0.0.0.0").token == access_for("localhost").token == TOKEN
    for bad in ("short", "with spaces in its midst", "ünïcödeünïcödeünïcöde"):
        monkeypatch.setenv("AUGURY_TOKEN", bad)
        with pytest.raises(InvalidInputError, match="16 letters and digits") as refused:
            access_for("0.0.0.0")
        assert bad not in str(refused.value)


def test_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.2", "lab.example")))
    assert address("::1", 81, Access()) == "http://localhost:81/"


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInputError, match=rf"127\.0\.0\.1, port {port}.*--port"):
            listen("127.0.0.1", port)
    with pytest.raises(InvalidInputError, match="cannot listen"):
        listen("192.0.2.1", 0)
