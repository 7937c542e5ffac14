"""The paper's claims beside what the finished runs say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from reproductions.surrogate_study.ranks import paired_difference, rank
from reproductions.surrogate_study.results import Results

Row = tuple[str, str, str]

_STOCHASTIC = ("bnn-hmc", "bnn-sghmc", "deep-ensemble", "laplace")
_NOT_ENOUGH = "not run"


def claim_rows(results: Results, high_dimensional: Sequence[str]) -> list[Row]:
    """`claim | published | measured here` for the five claims."""
    names = results.surrogates
    scores, problems = results.final(names)
    if len(scores) == 0 or len(names) < 2:
        return [("all", "", "no run has been finished by two surrogates yet")]
    ranking = rank(names, scores)
    mean = dict(zip(names, ranking.mean.tolist(), strict=True))
    return [
        ("(i) the best surrogate depends on the problem", "yes", _winners(names, ranking.ranks, problems)),
        ("(ii) HMC is the best of the stochastic networks", "yes", _listed(mean, _STOCHASTIC)),
        ("(iii) deep kernels are competitive", "yes", _place(mean, "deep-kernel")),
        ("(iv) deep ensembles are poor", "yes", _place(mean, "deep-ensemble")),
        ("(v) GP and infinite-width are the best two on average", "yes", _first_two(mean)),
        *_high(results, high_dimensional),
    ]


def _winners(names: list[str], ranks: np.ndarray, problems: list[str]) -> str:
    by_problem = {
        problem: ranks[[of == problem for of in problems]].mean(axis=0) for problem in dict.fromkeys(problems)
    }
    winners = ", ".join(f"{problem}: {names[int(row.argmin())]}" for problem, row in by_problem.items())
    if len(by_problem) < 2 or len(names) < 3:
        return winners
    pairs = combinations(by_problem.values(), 2)
    agreement = float(np.nanmean([spearmanr(a, b).statistic for a, b in pairs]))
    return f"{winners}; rank correlation between problems {agreement:.2f} on average"


def _listed(mean: dict[str, float], names: Sequence[str]) -> str:
    known = sorted((name for name in names if name in mean), key=mean.__getitem__)
    if len(known) < 2:
        return _NOT_ENOUGH
    return "mean ranks: " + ", ".join(f"{name} {mean[name]:.2f}" for name in known)


def _place(mean: dict[str, float], name: str) -> str:
    if name not in mean:
        return _NOT_ENOUGH
    place = sorted(mean.values()).index(mean[name]) + 1
    return f"mean rank {mean[name]:.2f}, place {place} of {len(mean)}"


def _first_two(mean: dict[str, float]) -> str:
    order = sorted(mean, key=mean.__getitem__)
    return "by mean rank: " + ", ".join(f"{name} {mean[name]:.2f}" for name in order)


def _high(results: Results, problems: Sequence[str]) -> list[Row]:
    rows = []
    for problem in problems:
        for other in ("gp-paper", "gp", "gp-botorch"):
            scores, _ = results.final(["infinite-width", other], [problem])
            measured = _NOT_ENOUGH
            if len(scores):
                difference, low, high = paired_difference(scores[:, 0], scores[:, 1])
                ends = ", ".join(f"{mine:.3g} / {theirs:.3g}" for mine, theirs in scores)
                interval = f" [{low:.3g}, {high:.3g}] over {len(scores)} seeds" if len(scores) > 1 else ""
                measured = f"{difference:+.3g}{interval} ({ends})"
            rows.append((f"(v) {problem}: infinite-width above {other}", "yes", measured))
    return rows
