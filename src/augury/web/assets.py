"""The files of the page, read once and served by name: nothing else on the disk can be asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


@dataclass(frozen=True)
class Asset:
    """One file of the page.

    Args:
        content: its bytes.
        kind: its media type.
        etag: changes with the content.
    """

    content: bytes
    kind: str
    etag: str


def load_assets() -> dict[str, Asset]:
    """Name -> file, of all files of the page."""
    found = {}
    for file in files("augury.web").joinpath("static").iterdir():
        suffix = file.name[file.name.rfind(".") :]
        if suffix in _KINDS:
            content = file.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
            found[file.name] = Asset(content, _KINDS[suffix], etag)
    return found


def serve(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that serves one file; the browser keeps it and asks whether it has changed."""
    headers = {"Cache-Control": "no-cache", "ETag": asset.etag}

    async def endpoint(request: Request) -> Response:
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, headers=headers, media_type=asset.kind)

    return endpoint
