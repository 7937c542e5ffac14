"""Who may use the dashboard: the check of each request before anything else sees it.

On this machine alone (loopback) everybody who can connect may. Bound elsewhere, a token is asked for: in a
cookie that the address with `?token=` sets, or in the header `Authorization: Bearer`. The Host header is
checked, so that no web page can reach the dashboard under a name of its own (DNS rebinding), and whatever is
posted must come from the dashboard's own pages (the Origin header).
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from augury.errors import InvalidInputError
from augury.web.answers import json_answer

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
FEWEST_CHARACTERS = 16

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Access:
    """The rules.

    Args:
        token: what a visitor must show; None asks for nothing.
        names: host names by which the dashboard may be called, beside those of loopback.
        any_address: whether it may be called by any numeric address (which no foreign page can rebind).
    """

    token: str | None = field(default=None, repr=False)
    names: Collection[str] = ()
    any_address: bool = False

    def __post_init__(self) -> None:
        if self.token is not None and (
            len(self.token) < FEWEST_CHARACTERS or not (self.token.isascii() and self.token.isalnum())
        ):
            raise InvalidInputError(
                f"a token has at least {FEWEST_CHARACTERS} letters and digits, and nothing else"
            )

    def knows(self, host: str) -> bool:
        """Whether `host`, of a Host header, is a name of this dashboard."""
        name = _name_of(host)
        if name is None:
            return False
        if name in LOOPBACK_NAMES or name in {one.lower() for one in self.names}:
            return True
        return self.any_address and _is_address(name)

    def admits(self, shown: str | None) -> bool:
        """Whether what a visitor shows is the token, in a time that does not depend on where they differ."""
        if self.token is None:
            return True
        return shown is not None and secrets.compare_digest(shown.encode("utf-8"), self.token.encode())


class AccessMiddleware:
    """Refuses what `Access` does not allow, and adds the headers that keep the page to itself."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refused = self._refusal(scope)
        await (refused or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.knows(hosts[0]):
            return _refuse(403, "the dashboard does not go by this name; start it with --allow-host NAME")
        if scope["method"] not in ("GET", "HEAD") and not _is_own_page(headers, hosts[0]):
            return _refuse(403, "only the dashboard's own pages may send this")
        if self._access.token is None:
            return None
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """None for who has shown the token; the answer to everybody else."""
        name = _cookie_name(scope)
        if self._access.admits(_cookie(headers, name)) or self._access.admits(_bearer(headers)):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for key, value in query if key == "token"]
        if scope["method"] == "GET" and len(given) == 1 and self._access.admits(given[0]):
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            path = "/" + scope["path"].lstrip("/\\")  # two slashes would lead to another host
            answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(name, given[0], httponly=True, samesite="strict", path="/")
            return answer
        return _refuse(
            401, "this dashboard asks for its token; open the address that `augury serve` has printed"
        )


def _refuse(status: int, reason: str) -> Response:
    return json_answer({"error": reason}, status)


def _cookie_name(scope: Scope) -> str:
    """One for each port: browsers do not tell the ports of a host apart."""
    server = scope.get("server")
    return f"augury-token-{server[1] if server else 0}"


def _cookie(headers: Headers, name: str) -> str | None:
    for header in headers.getlist("cookie"):
        for part in header.split(";"):
            try:
                found = SimpleCookie(part.strip())
            except CookieError:  # of another program on this host
                continue
            if name in found:
                return found[name].value
    return None


def _bearer(headers: Headers) -> str | None:
    kind, _, shown = headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" else None


def _is_own_page(headers: Headers, host: str) -> bool:
    """Whether a request comes from a page of this host, or from no page at all (a script, a shell)."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _name_of(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
