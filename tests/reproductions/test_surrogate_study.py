"""The study of surrogates: a run is reproducible, ranks are Demsar's, the claims follow from the runs."""

from __future__ import annotations

import numpy as np
import pytest
from reproductions.surrogate_study.campaign import problem_of, run
from reproductions.surrogate_study.claims import claim_rows
from reproductions.surrogate_study.entrants import ALIASES, entrants
from reproductions.surrogate_study.figures import critical_difference_figure, progress_figure, save
from reproductions.surrogate_study.plans import DEFAULT, FULL, HIGH, QUICK
from reproductions.surrogate_study.ranks import paired_difference, rank
from reproductions.surrogate_study.results import Results

# Demsar (2006), table 5(a): critical values of the two-tailed Nemenyi test at 5 %.
DEMSAR = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 10: 3.164}


@pytest.mark.parametrize("k", DEMSAR)
def test_critical_differences_are_those_of_demsar_s_table(k: int) -> None:
    scores = np.random.default_rng(0).normal(size=(14, k))
    expected = DEMSAR[k] * np.sqrt(k * (k + 1) / (6 * 14))
    names = [f"m{i}" for i in range(k)]
    assert rank(names, scores).critical_difference == pytest.approx(expected, rel=1e-3)


def test_ranks_share_ties_and_begin_with_the_largest() -> None:
    ranking = rank(["a", "b", "c"], np.array([[3.0, 2.0, 2.0], [1.0, 5.0, 0.0]]))
    np.testing.assert_array_equal(ranking.ranks, [[1.0, 2.5, 2.5], [2.0, 1.0, 3.0]])
    np.testing.assert_array_equal(ranking.mean, [1.5, 1.75, 2.75])


def test_groups_join_what_chance_may_explain() -> None:
    steps = np.tile(np.arange(6.0), (60, 1))  # always the same order: mean ranks are one apart
    ranking = rank(list("abcdef"), steps)
    assert ranking.p_value is not None
    assert ranking.p_value < 1e-6
    assert ranking.groups() == []  # 60 blocks tell ranks apart that differ by 0.97
    assert rank(list("abcdef"), steps[:40]).groups() == [(i, i + 1) for i in range(5)]  # 40 need 1.19
    alike = rank(list("abcdef"), np.random.default_rng(1).normal(size=(10, 6)))
    assert (0, 5) in alike.groups()


def test_the_paired_difference_is_student_s() -> None:
    first, second = np.array([3.0, 5.0, 7.0, 4.0]), np.array([2.0, 3.0, 5.0, 4.5])
    mean, low, high = paired_difference(first, second)
    # differences 1, 2, 2, -0.5: mean 1.125, standard deviation 1.1815, t(0.975, 3) = 3.1824
    assert mean == pytest.approx(1.125)
    assert high - mean == pytest.approx(3.1824 * 1.18145 / 2, rel=1e-4)
    assert mean - low == pytest.approx(high - mean)


def test_the_seed_decides_the_design_of_all_and_the_draw_of_a_network() -> None:
    arguments = {"problem": "network-draw-8", "seed": 3, "initial": 6, "batch": 2, "rounds": 1}
    model, design = run(surrogate="gp", **arguments), run(surrogate="random", **arguments)
    assert model["best"][:6] == design["best"][:6]
    assert model["best"] == run(surrogate="gp", **arguments)["best"]
    assert len(model["best"]) == 8
    assert model["best"] == sorted(model["best"])
    params = {f"x{i + 1}": 0.5 for i in range(8)}
    values = [problem_of("network-draw-8", seed).function(params) for seed in (3, 4)]
    assert values[0] != values[1]


def test_a_minimisation_is_turned_round() -> None:
    result = run("branin", "sobol", 0, 4, 4, 1)
    assert all(value < 0 for value in result["best"])


@pytest.mark.parametrize("plan", [QUICK, DEFAULT, HIGH, FULL])
def test_every_plan_names_problems_that_exist(plan) -> None:
    for job in plan.jobs(["gp"])[: len(plan.problems)]:
        assert problem_of(job["problem"], job["seed"]).space.dim > 0
    assert set(plan.high_dimensional) <= set(plan.problems)


def test_every_registered_surrogate_takes_part() -> None:
    from augury.models.registry import MODELS

    assert set(MODELS.names()) - set(ALIASES) <= set(entrants())


def test_claims_and_figures_are_made_of_whatever_is_finished(tmp_path) -> None:
    jobs = QUICK.jobs(["gp", "infinite-width", "gp-paper"])
    shift = {"gp": 0.0, "infinite-width": 1.0, "gp-paper": -1.0}
    records = [
        {"job": job, "best": [0.0, 1.0, 2.0 + shift[job["surrogate"]]], "seconds": [0.1]}
        for job in jobs
        if job["surrogate"] in shift
    ]
    results = Results(records, jobs)
    rows = {claim: measured for claim, _, measured in claim_rows(results, QUICK.high_dimensional)}
    assert rows["(iv) deep ensembles are poor"] == "not run"
    results.write_csv(tmp_path / "runs.csv")
    lines = (tmp_path / "runs.csv").read_text().splitlines()
    assert lines[0] == "problem,surrogate,seed,evaluations,best"
    assert len(lines) == 1 + 3 * len(records)
    save(progress_figure(results), tmp_path / "progress.png")
    scores, _ = results.final(results.surrogates)
    save(critical_difference_figure(rank(results.surrogates, scores)), tmp_path / "ranks.png")
    assert (tmp_path / "progress.png").stat().st_size > 5000
    assert claim_rows(Results([], jobs), ())[0][2].startswith("no run")
