"""Studies of functions of several versions: which results count, and a budget in cost."""

import pytest

from augury import Categorical, Failure, Study
from augury.errors import InvalidInputError
from augury.space import Goals
from augury.strategies import RandomSearch, Strategy
from augury.study.execution.limits import check_budgets

MESH = Categorical(["coarse", "fine"], role="fidelity", cost=[1, 20])


class InTurn(Strategy):
    """Coarse and fine in turn, at random points."""

    def propose(self, space, goals, observations, pending, n, *, seed, state=None):
        from augury.space import Space

        free = Space({name: one for name, one in space.parameters.items() if name != "mesh"})
        nothing = observations.empty(free.dim, goals.n_outcomes)
        proposal = RandomSearch().propose(free, goals, nothing, pending[:0, :1], n, seed=seed)
        params = [
            {**one, "mesh": ["coarse", "fine"][(observations.n + k) % 2]}
            for k, one in enumerate(free.decode(proposal.points))
        ]
        return type(proposal)(space.encode(params), proposal.predictions)


def study_of(goals="min:y", **options):
    return Study({"x": (0.0, 1.0), "mesh": MESH}, Goals.of(goals), store=None, seed=1, **options)


def test_only_results_of_the_target_count():
    study = study_of(["min:a", "min:b"])
    study.add({"x": 0.1, "mesh": "coarse"}, (-5.0, -5.0))
    assert study.pareto_front() == []
    assert study.hypervolume().trials == []
    fine = study.add({"x": 0.2, "mesh": "fine"}, (1.0, 2.0))
    study.add({"x": 0.3, "mesh": "fine"}, (2.0, 1.0))
    assert [trial.params["mesh"] for trial in study.pareto_front()] == ["fine", "fine"]
    assert study.hypervolume().trials[0] == fine.number


def test_the_best_and_the_recommended_point_are_of_the_target():
    study = study_of()
    for x in (0.0, 0.2, 0.4, 0.6, 0.8):
        study.add({"x": x, "mesh": "coarse"}, (x - 0.5) ** 2 - 3.0)
    assert study.best is None
    assert study.recommend() is None
    for x in (0.1, 0.5, 0.9):
        study.add({"x": x, "mesh": "fine"}, (x - 0.4) ** 2)
    assert study.best.params == {"x": 0.5, "mesh": "fine"}
    for rule in ("evaluated", "posterior-mean"):
        recommended = study.recommend(rule)
        assert recommended.params["mesh"] == "fine"
        assert recommended.std["y"] >= 0.0
        assert abs(recommended.params["x"] - 0.4) < 0.15


def test_a_budget_in_cost_is_kept_and_told_costs_go_before_declared_ones():
    study = study_of(strategy=InTurn())
    study.run(lambda p: p["x"], cost_budget=50)
    assert [trial.params["mesh"] for trial in study.trials if trial.values] == ["coarse", "fine"] * 2 + [
        "coarse"
    ]
    assert [(one.version, one.evaluations, one.cost, one.is_target) for one in study.spending()] == [
        ("coarse", 3, 3.0, False),
        ("fine", 2, 40.0, True),
    ]
    # the fine one that did not fit waits for a larger budget
    assert [trial.status for trial in study.trials].count("queued") == 1
    study.run(lambda p: p["x"], cost_budget=63)
    assert study.spending()[1].cost == 60.0
    study.tell(study.ask(fixed={"mesh": "coarse"})[0], 0.5, cost=7.5)
    assert study.spending()[0].cost == 10.5


def test_a_replicate_has_a_cost_of_its_own():
    study = study_of()
    [trial] = study.ask(fixed={"mesh": "coarse"})
    study.tell(trial, 2.0, cost=3.0)
    told = study.tell(trial, 3.0, cost=5.0)
    assert told.cost == 3.0
    assert [late.cost for late in told.replicates] == [5.0]
    assert [one.cost for one in study.spending()] == [8.0]
    study.tell(trial, 4.0)
    assert [one.cost for one in study.spending()] == [8.0]
    study.run(lambda p: p["x"], cost_budget=8.5)
    assert study.evaluated == 1


def test_a_late_result_of_an_abandoned_trial_was_paid_for():
    study = study_of()
    [trial] = study.ask(fixed={"mesh": "coarse"})
    study.abandon(trial)
    assert study.spending() == []
    study.tell(trial, 2.0, cost=3.0)
    [spent] = study.spending()
    assert (spent.version, spent.evaluations, spent.cost) == ("coarse", 1, 3.0)


def test_both_budgets_hold_and_failures_cost():
    study = study_of(strategy=InTurn())
    with pytest.warns(UserWarning, match="none of the 3 evaluations gave a result"):
        study.run(lambda p: Failure("no mesh"), 3, cost_budget=1000)
    assert study.evaluated == 3
    assert sum(one.cost for one in study.spending()) == 22.0


def test_without_a_fidelity_each_evaluation_costs_one_unless_told():
    study = Study({"x": (0.0, 1.0)}, Goals.of("min:y"), store=None, strategy="random", seed=0)
    study.run(lambda p: p["x"], cost_budget=3.5)
    assert study.evaluated == 3
    [spent] = study.spending()
    assert (spent.version, spent.cost) == (None, 3.0)


@pytest.mark.parametrize("budgets", [(None, None), (None, 0.0), (None, "much"), (0, 5.0)])
def test_bad_budgets_are_refused(budgets):
    with pytest.raises(InvalidInputError, match="budget"):
        check_budgets(*budgets, study_of().space)
