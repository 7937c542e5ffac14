"""Does the portfolio for predictions predict real tables as well as the best of its members?

Each surrogate is trained on some rows of a real table and scored on up to 300 others: mean negative log
predictive density and error, over random draws of the training rows; numbers only, scaled to the unit cube by
the table's bounds. The rule: the portfolio's mean negative log density, over all tables and draws, is at most
that of the best single surrogate plus 0.02 nat. Surrogates that take long are left out by default; `--models`
compares them too, or another portfolio: none of these counts as single. scikit-learn's diabetes data, and the
tables in `AUGURY_DATA`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import loadmat
from sklearn.datasets import load_diabetes

from augury.models.build import build_model, fit_model
from augury.models.posteriors.marginals import log_density_and_cdf
from augury.models.registry import PORTFOLIO
from augury.space.space import Space
from benchmarks.jobs import finished, run_jobs
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "tables.jsonl"
OWN = "portfolio-predictions"
MODELS = ["portfolio", "gp", "student-t", "infinite-width", "random-forest", "prior-fitted-network"]
ROWS = (30, 120)
TARGET = 0.02
_MOST_TESTED = 300


def _data(name: str) -> Path:
    return Path(os.environ["AUGURY_DATA"]) / name


def _diabetes() -> np.ndarray:
    X, y = load_diabetes(return_X_y=True)
    return np.column_stack([X, y])


def _mat(name: str) -> np.ndarray:
    parts = loadmat(_data(f"multiple_kernels/{name}.mat"))
    return np.column_stack(
        [np.concatenate([parts[f"{axis}train"], parts[f"{axis}test"]]).astype(float) for axis in "xy"]
    )


def _csv(name: str) -> np.ndarray:
    return np.loadtxt(_data(name), delimiter=",", skiprows=1)


#: Table -> its rows, the outcome last; those of `AUGURY_DATA` are left out where it is not set.
TABLES: dict[str, Callable[[], np.ndarray]] = {
    "diabetes": _diabetes,
    "concrete": lambda: _csv("regression/concrete.csv"),
    "boston": lambda: np.loadtxt(_data("uci_boston/data.txt")),
    "alkox": lambda: _csv("lab_tables/alkox__data.csv"),
    "colors": lambda: _csv("lab_tables/colors_n9__data.csv"),
    "photo_wf3": lambda: _csv("lab_tables/photo_wf3__data.csv"),
    "airfoil": lambda: _mat("airfoil600"),
    "ale": lambda: _mat("ale80"),
    "power plant": lambda: _mat("cccp1000"),
    "toxicity": lambda: _mat("toxicity436"),
    "water": lambda: _mat("water800"),
    "wine": lambda: _mat("wine1279"),
}


def work(table: str, model: str, rows: int, seed: int) -> dict[str, Any]:
    """Scores of one surrogate on one draw of a table, the outcome in units of its training deviation."""
    values = TABLES[table]()
    order = np.random.default_rng(seed).permutation(len(values))
    low, high = values.min(axis=0), values.max(axis=0)
    X = (values[:, :-1] - low[:-1]) / np.where(high > low, high - low, 1.0)[:-1]
    train, test = order[:rows], order[rows : rows + _MOST_TESTED]
    y = (values[:, -1] - values[train, -1].mean()) / values[train, -1].std()
    space = Space({f"x{i}": (0.0, 1.0) for i in range(X.shape[1])})
    given = torch.from_numpy(X[train]), torch.from_numpy(y[train, None])
    start = time.process_time()
    fitted = fit_model(build_model(model, *given, None, space), seed=seed)
    with torch.no_grad():
        posterior = fitted.posterior(torch.from_numpy(X[test]).unsqueeze(-2), observation_noise=True)
        truth = torch.from_numpy(y[test]).reshape(-1, 1, 1)
        log_density, cdf = log_density_and_cdf(posterior, truth)
        error = (posterior.mean - truth).square().mean().sqrt()
    tail = (2.0 * cdf - 1.0).abs()
    return {
        "nll": float(-log_density.mean()),
        "rmse": float(error),
        "coverage": [float((tail <= level).double().mean()) for level in (0.5, 0.8, 0.95)],
        "weights": getattr(fitted, "weights", None) if model.startswith(PORTFOLIO) else None,
        "seconds": time.process_time() - start,
    }


def report(records: list[dict[str, Any]], models: list[str], path: Path | None) -> None:
    """Means by table, over all tables, and the verdict."""
    names = [OWN, *models]
    found = {tuple(r["job"][key] for key in ("table", "model", "rows", "seed")): r for r in records}
    draws = sorted({(table, rows, seed) for table, _, rows, seed in found})
    draws = [one for one in draws if all((one[0], name, *one[1:]) in found for name in names)]
    if not draws:
        print("no draw of a table has been finished by all surrogates yet")
        return

    def mean(name: str, key: str, which: list[tuple[str, int, int]]) -> Any:
        return np.mean([found[one[0], name, one[1], one[2]][key] for one in which], axis=0)

    rows: list[dict[str, Any]] = []
    for count in sorted({one[1] for one in draws}):
        for table in sorted({one[0] for one in draws}):
            which = [one for one in draws if one[:2] == (table, count)]
            if which:
                scores = {name: float(mean(name, "nll", which)) for name in names}
                rows.append({"table": table, "rows": count, "draws": len(which), **scores})
    print_table("mean negative log density (smaller is better; outcomes in their deviations)", rows)
    summary = [
        {
            "surrogate": name,
            "nll": float(mean(name, "nll", draws)),
            "rmse": float(mean(name, "rmse", draws)),
            **dict(zip(("in 50 %", "in 80 %", "in 95 %"), mean(name, "coverage", draws), strict=True)),
            "CPU seconds": float(mean(name, "seconds", draws)),
        }
        for name in names
    ]
    print_table(f"over {len(draws)} draws", summary)
    single = [row for row in summary if not row["surrogate"].startswith(PORTFOLIO)]
    best = min(single, key=lambda row: row["nll"])
    gap = summary[0]["nll"] - best["nll"]
    verdict = "met" if gap <= TARGET else "MISSED"
    print(f"{OWN} minus the best single surrogate ({best['surrogate']}): {gap:+.3f} nat, {verdict}")
    write_json(path, "tables", [*summary, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES)
    parser.add_argument("--models", nargs="+", default=MODELS, help="beside the portfolio")
    parser.add_argument("--rows", nargs="+", type=int, default=list(ROWS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--quick", action="store_true", help="diabetes, 30 rows, one draw")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    known = list(TABLES) if "AUGURY_DATA" in os.environ else ["diabetes"]
    tables = ["diabetes"] if arguments.quick else arguments.tables or known
    rows = [30] if arguments.quick else arguments.rows
    seeds = range(arguments.first_seed, arguments.first_seed + (1 if arguments.quick else arguments.seeds))
    if not arguments.report:
        sizes = {table: len(TABLES[table]()) for table in tables}
        todo = [
            {"table": table, "model": model, "rows": count, "seed": seed}
            for seed in seeds
            for table in tables
            for count in rows
            if count < sizes[table]
            for model in [OWN, *arguments.models]
        ]
        run_jobs(todo, work, arguments.results, workers=arguments.workers)
    chosen = {"table": tables, "rows": rows, "seed": seeds}
    wanted = [
        record
        for record in finished(arguments.results)
        if all(record["job"][key] in allowed for key, allowed in chosen.items())
    ]
    report(wanted, arguments.models, arguments.json)


if __name__ == "__main__":
    main()
