"""Requests as checked values, and what is answered: compact JSON, and errors as one line of it."""

from __future__ import annotations

import functools
import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from augury.errors import AuguryError, InvalidInputError, StoreError
from augury.study.opening import check_name
from augury.web.errors import ForbiddenError, TooLargeError, UnknownError

MOST_BYTES = 32 * 2**20
"""Of a request: a spreadsheet, at most."""

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (UnknownError, 404),
    (TooLargeError, 413),
    (ForbiddenError, 403),
    (StoreError, 503),
    (AuguryError, 400),
)

Endpoint = Callable[[Request], Awaitable[Response]]


def to_json(document: Any) -> bytes:
    """The document as compact JSON."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def json_answer(document: Any, status: int = 200) -> Response:
    """An answer that holds a JSON document and is never kept by the browser."""
    return Response(to_json(document), status, {"Cache-Control": "no-store"}, "application/json")


def error_answer(error: Exception) -> Response:
    """An error that the user can put right, as `{"error": message}`."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return json_answer({"error": " ".join(str(error).split())}, status)


def reading(work: Callable[[Request], Any]) -> Endpoint:
    """An endpoint that answers with the document that `work` makes of a request, in a thread of its own."""

    @functools.wraps(work)
    async def endpoint(request: Request) -> Response:
        return await _answered(work, request)

    return endpoint


def posted(work: Callable[[Request, Mapping[str, Any]], Any]) -> Endpoint:
    """The same for `work` that is also given the JSON object in the request's body."""

    @functools.wraps(work)
    async def endpoint(request: Request) -> Response:
        try:
            body = await read_object(request)
        except InvalidInputError as error:
            return error_answer(error)
        return await _answered(work, request, body)

    return endpoint


async def _answered(work: Callable[..., Any], *arguments: Any) -> Response:
    try:
        document = await run_in_threadpool(work, *arguments)
    except AuguryError as error:
        return error_answer(error)
    except OSError as error:
        logging.getLogger(__name__).warning("%s", error)
        return json_answer({"error": error.strerror or type(error).__name__}, 503)
    return document if isinstance(document, Response) else json_answer(document)


async def read_object(request: Request) -> Mapping[str, Any]:
    """The JSON object in a request's body.

    Raises:
        InvalidInputError: too large, no JSON, or no object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise InvalidInputError("the request must be JSON; send Content-Type: application/json")
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > MOST_BYTES:
                raise TooLargeError(f"the request is larger than {MOST_BYTES // 2**20} MiB")
    except ClientDisconnect:
        raise InvalidInputError("the request ended early") from None
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        raise InvalidInputError("the request is not JSON") from None
    if not isinstance(document, Mapping):
        raise InvalidInputError("the request must be a JSON object")
    return document


def text_of(given: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """The text called `name` in a query or an object.

    Raises:
        InvalidInputError: it is missing or no text.
    """
    value = given.get(name, default)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name!r} must be text")
    return value


def study_name_of(given: Mapping[str, Any]) -> str:
    """The name of a study in a query or an object."""
    name = check_name(text_of(given, "study"))
    if not name.isprintable() and any(0xD800 <= ord(character) < 0xE000 for character in name):
        raise InvalidInputError("the study's name holds halves of characters")
    return name


def whole_of(given: Mapping[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    """The whole number called `name` in a query (as text) or an object.

    Raises:
        InvalidInputError: it is missing, no whole number, or out of bounds.
    """
    value = given.get(name, default)
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInputError(f"{name!r} must be a whole number from {low} to {high}")
    return value


def rounded(value: float | None) -> float | None:
    """A number to seven digits, which is more than a screen shows; None where it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.7g}")


def all_rounded(values: Any) -> list[Any]:
    """The same for an array, however deep."""
    return [all_rounded(one) if hasattr(one, "__len__") else rounded(float(one)) for one in values]
