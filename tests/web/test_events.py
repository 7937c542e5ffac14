"""Live progress: what the stream of events tells, and when."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from augury import Study
from augury.errors import StoreError
from augury.study.store import Store
from augury.web import events
from augury.web.studies import OpenStudies


def _parsed(chunk: bytes) -> tuple[str, Any]:
    lines = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    return lines["event"], json.loads(lines["data"])


def test_a_result_told_elsewhere_arrives(changed_store: Store) -> None:
    opened = OpenStudies(changed_store).get("reactor")
    elsewhere = Study.load(changed_store.location.path, "reactor")

    async def listen() -> tuple[str, Any]:
        stream = events.changes(opened, opened.study.revision)
        with anyio.fail_after(10):
            assert (await anext(stream)).startswith(b"retry: ")
            async with anyio.create_task_group() as group:
                group.start_soon(
                    anyio.to_thread.run_sync, elsewhere.tell, 12, {"yield": 99.0, "pressure": 1.0}
                )
                return _parsed(await anext(stream))

    kind, update = anyio.run(listen)
    assert kind == "update"
    assert update["trials"]["number"] == [12]
    assert update["standing"]["best"]["number"] == 12
    assert update["revision"] == elsewhere.revision


def test_who_comes_late_is_told_what_was_missed(shown_store: Store) -> None:
    opened = OpenStudies(shown_store).get("reactor")

    async def listen() -> tuple[str, Any]:
        stream = events.changes(opened, 1)
        await anext(stream)
        return _parsed(await anext(stream))

    _, update = anyio.run(listen)
    newer = {trial.number for trial in opened.study.trials if trial.revision > 1}
    assert set(update["trials"]["number"]) == newer
    assert update["revision"] == opened.study.revision


def test_a_store_that_cannot_be_read_is_said(shown_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = OpenStudies(shown_store).get("reactor")

    def broken(*arguments: Any) -> Any:
        raise StoreError("the disk is\ngone")

    monkeypatch.setattr(events, "update", broken)

    async def listen() -> tuple[str, Any]:
        stream = events.changes(opened, 0)
        await anext(stream)
        return _parsed(await anext(stream))

    assert anyio.run(listen) == ("problem", {"error": "the disk is gone"})


def test_silence_is_broken_by_a_sign_of_life(shown_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = OpenStudies(shown_store).get("reactor")
    monkeypatch.setattr(events, "_SIGN_OF_LIFE", 0.0)

    async def listen() -> bytes:
        stream = events.changes(opened, opened.study.revision)
        await anext(stream)
        return await anext(stream)

    assert anyio.run(listen) == b": still here\n\n"
