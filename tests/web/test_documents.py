"""What the page is given is what the study holds."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from starlette.testclient import TestClient

from augury import Study
from augury.study.report.effects import effects
from augury.study.report.results import Results
from augury.study.report.surrogate import surrogates_of
from augury.study.store import NewTrial, Store
from augury.web import answers
from tests.web.cases import client


@pytest.fixture(scope="module")
def study(shown_store: Store) -> Study:
    return Study.load(shown_store, "reactor")


def test_the_list_of_studies(reader: TestClient) -> None:
    found = reader.get("/api/studies").json()
    assert [one["name"] for one in found["studies"]] == ["reactor", "two goals / ?&", "empty"]
    assert found["studies"][0]["counts"] == {"queued": 2, "complete": 10, "failed": 2}
    assert found["studies"][0]["goal"] == "Maximize yield, with pressure ≤ 5"
    assert found["write"] is False


def test_the_trials_are_those_of_the_study(reader: TestClient, study: Study) -> None:
    rows = reader.get("/api/study", params={"study": "reactor"}).json()["trials"]
    assert rows["number"] == [trial.number for trial in study.trials]
    assert [rows["statuses"][code] for code in rows["status"]] == [trial.status for trial in study.trials]
    for i, trial in enumerate(study.trials):
        assert {name: column[i] for name, column in rows["params"].items()} == pytest.approx(trial.params)
        for name, column in rows["values"].items():
            assert column[i] == (pytest.approx(trial.values[name]) if name in trial.values else None)
        kept = None if not trial.values else int(trial.values["pressure"] <= 5.0)
        assert rows["kept"][i] == kept
    assert set(rows["stderrs"]["yield"].values()) == {0.5}
    assert set(rows["notes"].values()) == {"the pump <i>stopped</i>"}


def test_where_the_study_stands(reader: TestClient, study: Study) -> None:
    standing = reader.get("/api/study", params={"study": "reactor"}).json()["standing"]
    best = study.best
    assert standing["best"]["number"] == best.number
    numbers, values = standing["best_so_far"]["yield"]
    assert numbers[-1] == best.number
    assert values[-1] == pytest.approx(best.values["yield"])
    assert values == sorted(values)
    assert standing["failure"]["reason"] == "the pump <i>stopped</i>"


def test_only_what_changed_is_sent_again(changed_store: Store) -> None:
    from augury.web.events import update
    from augury.web.studies import OpenStudies

    opened = OpenStudies(changed_store).get("reactor")
    before = update(opened, 0)
    assert update(opened, before["revision"])["trials"]["number"] == []
    opened.study.tell(13, {"yield": 99.0, "pressure": 1.0})
    after = update(opened, before["revision"])
    assert after["trials"]["number"] == [13]
    assert after["standing"]["best"]["number"] == 13
    assert len(update(opened, after["revision"] + 5)["trials"]["number"]) == 14, (
        "of a store that was there before"
    )


def test_the_surrogate_is_that_of_the_report(reader: TestClient, study: Study) -> None:
    model = reader.get("/api/model", params={"study": "reactor"}).json()
    results = Results.of(study)
    surrogates = surrogates_of(study, results)
    assert [one["name"] for one in model["outcomes"]] == [one.outcome for one in surrogates]
    best = results.space.encode([study.best.params])[0]
    columns = [results.space.columns.index(name) for name in model["columns"]]
    for sent, effect in zip(
        model["outcomes"][0]["slices"], effects(surrogates[0], results.space, best, columns), strict=True
    ):
        assert sent["name"] == effect.name
        np.testing.assert_allclose(sent["mean"], effect.mean, rtol=1e-5)
        np.testing.assert_allclose(sent["std"], effect.std, rtol=1e-5, atol=1e-9)
    assert model["outcomes"][0]["calibration"]["n"] == 10


def test_a_map_goes_through_the_best_trial(reader: TestClient) -> None:
    query = {"study": "reactor", "outcome": "yield", "across": "temperature", "up": "solvent"}
    drawn = reader.get("/api/map", params=query).json()["map"]
    assert np.shape(drawn["mean"]) == np.shape(drawn["std"]) == (3, 33)
    assert drawn["up"]["values"] == ["DMF", "THF", "<b>&"]
    slices = reader.get("/api/model", params={"study": "reactor"}).json()["outcomes"][0]["slices"]
    heat = next(one for one in slices if one["name"] == "temperature")
    row = drawn["mean"][drawn["up"]["values"].index(drawn["up"]["best"])]
    np.testing.assert_allclose([row[0], row[-1]], [heat["mean"][0], heat["mean"][-1]], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"across": "solvent"}, "two different"),
        ({"across": "yield"}, "no parameter"),
        ({"outcome": "temperature"}, "no outcome"),
        ({"up": None}, "must be text"),
    ],
)
def test_a_map_of_something_else(reader: TestClient, change: dict[str, str | None], message: str) -> None:
    query = {"study": "reactor", "outcome": "yield", "across": "temperature", "up": "solvent"} | change
    answer = reader.get(
        "/api/map", params={name: value for name, value in query.items() if value is not None}
    )
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_the_front(reader: TestClient, shown_store: Store) -> None:
    study = Study.load(shown_store, "two goals / ?&")
    front = reader.get("/api/front", params={"study": study.name}).json()["front"]
    assert [row["number"] for row in front["rows"]] == [trial.number for trial in study.pareto_front()]
    assert front["hypervolume"][1][-1] == pytest.approx(study.hypervolume().values[-1])
    assert sum(row["balanced"] for row in front["rows"]) == 1
    assert reader.get("/api/front", params={"study": "reactor"}).json()["front"] is None


def test_parallel_coordinates(reader: TestClient) -> None:
    drawn = reader.get("/api/parallel", params={"study": "reactor"}).json()["parallel"]
    assert [axis["name"] for axis in drawn["axes"]] == ["temperature", "stages", "solvent"]
    assert all(len(axis["heights"]) == len(drawn["numbers"]) == 10 for axis in drawn["axes"])


def test_weights_of_a_portfolio(changed_store: Store) -> None:
    study = Study.load(changed_store, "reactor")
    params = study.trials[0].params
    weights = [{"gp": 0.75, "random-forest": 0.25}, {"gp": 1.0}]
    study._table.insert([NewTrial(params, "ask", prediction={"weights": one}) for one in weights])
    drawn = client(changed_store).get("/api/weights", params={"study": "reactor"}).json()["weights"]
    assert drawn == {"numbers": [14, 15], "weights": {"gp": [0.75, 1.0], "random-forest": [0.25, 0.0]}}


def test_a_study_without_trials(reader: TestClient) -> None:
    for name in ("study", "parallel", "weights", "front", "model"):
        assert reader.get(f"/api/{name}", params={"study": "empty"}).status_code == 200
    query = {"study": "empty", "outcome": "cost", "across": "x", "up": "x"}
    assert reader.get("/api/map", params=query).status_code == 400


def test_one_trial(reader: TestClient, study: Study) -> None:
    trial = reader.get("/api/trial", params={"study": "reactor", "number": 3}).json()
    assert trial["params"] == study.trials[3].params
    assert trial["reason"] == "the pump <i>stopped</i>"
    assert reader.get("/api/trial", params={"study": "reactor", "number": 99}).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "parquet"])
def test_the_trials_as_a_file(reader: TestClient, study: Study, kind: str) -> None:
    answer = reader.post("/api/export", json={"study": "reactor", "format": kind, "numbers": [1, 2, 99]})
    assert answer.status_code == 200
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["number"] for row in rows] == ["1", "2"]
        assert float(rows[0]["yield"]) == study.trials[1].values["yield"], "to the last digit"
    whole = reader.post("/api/export", json={"study": "reactor", "format": kind})
    assert len(whole.content) > len(answer.content)


def test_what_is_not_there(reader: TestClient) -> None:
    for path in (
        "/api/study?study=no",
        "/api/events?study=no",
        "/static/../app.py",
        "/static/app.py",
        "/api",
        "/x",
    ):
        answer = reader.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"]
    assert client(None).get("/api/study?study=reactor").status_code == 404
    assert client(None).get("/api/studies").json() == {"store": None, "write": False, "studies": []}


def test_pages_are_kept_until_they_change(reader: TestClient) -> None:
    first = reader.get("/static/study.js")
    again = reader.get("/static/study.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_numbers_that_json_has_not() -> None:
    assert answers.rounded(float("nan")) is answers.rounded(float("inf")) is None
    assert answers.all_rounded([[1.23456789, float("nan")], [0.0, 2.0]]) == [[1.234568, None], [0.0, 2.0]]
