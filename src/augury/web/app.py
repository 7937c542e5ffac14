"""The application: its pages and routes, around one store or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from augury.errors import AuguryError, InvalidInputError
from augury.study.frame_files import FORMATS, write_table
from augury.study.store import Store, overview
from augury.web import changes, events, figures, spreadsheet
from augury.web.access import Access, AccessMiddleware
from augury.web.answers import error_answer, json_answer, posted, reading, study_name_of, text_of, whole_of
from augury.web.assets import load_assets, serve
from augury.web.errors import ForbiddenError, UnknownError
from augury.web.standing import overview_document, study_document
from augury.web.studies import OpenStudies, OpenStudy

_LARGEST = 2**62
_KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
}


class Dashboard:
    """The routes of one dashboard.

    Args:
        store: whose studies it shows; None where it has the spreadsheet page only.
        write: whether results may be told and experiments asked for.
        ended: whether the server is about to end.
    """

    def __init__(
        self, store: Store | None, *, write: bool, ended: Callable[[], bool] = lambda: False
    ) -> None:
        self._studies = None if store is None else OpenStudies(store)
        self._write, self._ended = write, ended

    def routes(self) -> list[BaseRoute]:
        """All routes: the pages, their files, and the documents they ask for."""
        assets = load_assets()
        start = "studies.html" if self._studies is not None else "spreadsheet.html"
        pages = {"/": start, "/study": "study.html", "/spreadsheet": "spreadsheet.html"}
        pages["/openapi.json"] = "openapi.json"  # what is below, for programs
        found: list[BaseRoute] = [Route(path, serve(assets[name])) for path, name in pages.items()]
        found += [Route(f"/static/{name}", serve(asset)) for name, asset in assets.items()]
        reads = {
            "studies": self._list,
            "study": self._study,
            "trial": self._trial,
            "parallel": self._parallel,
            "weights": self._weights,
            "front": self._front,
            "model": self._model,
            "map": self._map,
        }
        found += [Route(f"/api/{name}", reading(work)) for name, work in reads.items()]
        found += [Route("/api/events", self._events)]
        posts = {
            "export": self._export,
            "tell": self._tell,
            "ask": self._ask,
            "spreadsheet/read": lambda _, body: spreadsheet.read(body),
            "spreadsheet/define": lambda _, body: spreadsheet.define(body),
            "spreadsheet/suggest": lambda _, body: spreadsheet.suggest(body),
        }
        found += [Route(f"/api/{name}", posted(work), methods=["POST"]) for name, work in posts.items()]
        return found

    def _open(self, given: Mapping[str, Any]) -> OpenStudy:
        if self._studies is None:
            raise UnknownError("this dashboard shows no store; start it with `augury serve STORE`")
        return self._studies.get(study_name_of(given))

    def _list(self, request: Request) -> dict[str, Any]:
        if self._studies is None:
            return {"store": None, "write": False, "studies": []}
        store = self._studies.store
        found = [overview_document(one) for one in overview(store)]
        return {"store": str(store.location), "write": self._write, "studies": found}

    def _study(self, request: Request) -> dict[str, Any]:
        opened = self._open(request.query_params)
        return {"write": self._write, "study": study_document(opened.study), **events.update(opened, 0)}

    def _trial(self, request: Request) -> dict[str, Any]:
        opened = self._open(request.query_params)
        number = whole_of(request.query_params, "number", 0, _LARGEST)
        return figures.one_trial(opened.snapshot().results, number)

    def _parallel(self, request: Request) -> dict[str, Any]:
        opened = self._open(request.query_params)
        columns = list(range(opened.study.space.dim))
        return {"parallel": figures.parallel_document(opened.snapshot().results, columns)}

    def _weights(self, request: Request) -> dict[str, Any]:
        return {"weights": figures.weights_document(self._open(request.query_params).snapshot().results)}

    def _front(self, request: Request) -> dict[str, Any]:
        opened = self._open(request.query_params)
        return {"front": figures.front_document(opened.study, opened.snapshot().results)}

    def _model(self, request: Request) -> dict[str, Any]:
        from augury.web import predictions  # loads torch, which the rest of the page does without

        return predictions.model_document(self._open(request.query_params))

    def _map(self, request: Request) -> dict[str, Any]:
        from augury.web import predictions

        query = request.query_params
        names = [text_of(query, name) for name in ("outcome", "across", "up")]
        return {"map": predictions.map_document(self._open(query), *names)}

    async def _events(self, request: Request) -> Response:
        given = dict(request.query_params)
        if last := request.headers.get("last-event-id"):  # of a page whose connection was cut
            given["since"] = last
        try:
            opened, since = self._open(given), whole_of(given, "since", 0, _LARGEST, 0)
        except AuguryError as error:
            return error_answer(error)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = events.changes(opened, since, self._ended)
        return StreamingResponse(stream, 200, headers, "text/event-stream")

    def _export(self, request: Request, body: Mapping[str, Any]) -> Response:
        """The trials as a file; with `numbers`, those alone."""
        opened, kind = self._open(body), f".{text_of(body, 'format')}"
        if kind not in FORMATS:
            raise InvalidInputError(f"'format' is one of {', '.join(one[1:] for one in FORMATS)}")
        trials = opened.study.trials
        if (numbers := body.get("numbers")) is not None:
            if not isinstance(numbers, list):
                raise InvalidInputError("'numbers' must be a list of trial numbers")
            wanted = {number for number in numbers if isinstance(number, int)}
            trials = [trial for trial in trials if trial.number in wanted]
        return Response(table_file(opened, trials, kind), media_type=_KINDS[kind])

    def _tell(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        return changes.tell(self._changeable(body), body)

    def _ask(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        return changes.ask(self._changeable(body), body)

    def _changeable(self, body: Mapping[str, Any]) -> Any:
        if not self._write:
            raise ForbiddenError("this dashboard only shows; start it with --write to tell and ask here")
        return self._open(body).study


def table_file(opened: OpenStudy, trials: Any, kind: str) -> bytes:
    """The content of a table of trials, in the format that an extension names."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from augury.study.frame import trials_frame

    frame = trials_frame(trials, opened.study.space.names, opened.study.goals.outcomes)
    with TemporaryDirectory(prefix="augury-") as folder:
        path = Path(folder) / f"trials{kind}"
        write_table(frame, path)
        return path.read_bytes()


def make_app(
    store: Store | None,
    access: Access,
    *,
    write: bool = False,
    ended: Callable[[], bool] = lambda: False,
) -> Starlette:
    """The dashboard as an ASGI application.

    Args:
        store: whose studies it shows; None for the spreadsheet page alone.
        access: who may use it.
        write: whether results may be told and experiments asked for.
        ended: whether the server is about to end, which streams of events look for.
    """
    return Starlette(
        routes=Dashboard(store, write=write, ended=ended).routes(),
        middleware=[Middleware(AccessMiddleware, access=access)],
        exception_handlers={404: _not_there, 405: _not_there},
    )


async def _not_there(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return json_answer({"error": "there is nothing of this name here"}, status)
