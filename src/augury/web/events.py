"""Live progress: what has changed in a study, as server-sent events (HTML standard, section 9.2)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool

from augury.errors import AuguryError
from augury.web.answers import to_json
from augury.web.standing import standing
from augury.web.studies import OpenStudy
from augury.web.trial_rows import trial_rows

INTERVAL = 0.05
"""Seconds between two looks at the study's revision, which is one number in the store."""

_SIGN_OF_LIFE = 15.0
_AFTER_AN_ERROR = 2.0


def update(opened: OpenStudy, since: int) -> dict[str, Any]:
    """The trials that changed after revision `since`, and where the study stands now."""
    snapshot = opened.snapshot()
    if since > snapshot.revision:  # of a store that was there before this one
        since = 0
    return {
        "revision": snapshot.revision,
        "standing": standing(opened.study, snapshot.results),
        "trials": trial_rows(snapshot.results, since),
    }


async def changes(
    opened: OpenStudy, since: int, ended: Callable[[], bool] = lambda: False
) -> AsyncIterator[bytes]:
    """Events called `update`, each with the changes after the one before; `problem` where there is one.

    Args:
        opened: the study.
        since: the revision that the page has.
        ended: whether the server is about to end.
    """
    heard = time.monotonic()
    yield b"retry: 1000\n\n"
    while not ended():
        wait = INTERVAL
        try:
            if await run_in_threadpool(lambda: opened.study.revision) != since:
                document = await run_in_threadpool(update, opened, since)
                since = document["revision"]
                heard = time.monotonic()
                yield _event("update", document, since)
        except AuguryError as error:
            wait = _AFTER_AN_ERROR
            heard = time.monotonic()
            yield _event("problem", {"error": " ".join(str(error).split())})
        if time.monotonic() - heard > _SIGN_OF_LIFE:
            heard = time.monotonic()
            yield b": still here\n\n"
        await anyio.sleep(wait)


def _event(kind: str, document: Any, number: int | None = None) -> bytes:
    name = b"" if number is None else f"id: {number}\n".encode()
    return name + f"event: {kind}\n".encode() + b"data: " + to_json(document) + b"\n\n"
