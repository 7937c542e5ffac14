"""A real Ax client decides with augury's surrogates."""

from __future__ import annotations

import logging
from functools import partial

import pytest

pytest.importorskip("ax")

import pandas as pd
from ax import ChoiceParameterConfig, Client, RangeParameterConfig
from ax.adapter.registry import Generators
from ax.core.data import Data
from ax.core.experiment import Experiment
from ax.core.metric import Metric
from ax.core.objective import Objective
from ax.core.optimization_config import OptimizationConfig
from ax.core.parameter import ParameterType, RangeParameter
from ax.core.search_space import SearchSpace
from ax.generators.torch.botorch_modular.surrogate import SurrogateSpec
from ax.utils.common.logger import set_ax_logger_levels
from botorch.acquisition import qUpperConfidenceBound
from botorch.acquisition.max_value_entropy_search import qMultiFidelityMaxValueEntropy

from augury.errors import InvalidInputError
from augury.integrations.ax import generation_strategy, model_config
from augury.models import CoKriging, GaussianProcess, InfiniteWidthGP
from augury.models.registry import MODELS
from tests.quick_models import _shrink

#: The others run by `make test-slow`.
QUICK = {"gp", "student-t"}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def quiet():
    set_ax_logger_levels(logging.ERROR)


def run(strategy, trials: int = 7, metrics: int = 1) -> Client:
    client = Client(random_seed=0)
    client.configure_experiment(
        parameters=[
            RangeParameterConfig(name="x", bounds=(-5.0, 10.0), parameter_type="float"),
            ChoiceParameterConfig(
                name="kind", values=["a", "b", "c"], parameter_type="str", is_ordered=False
            ),
        ]
    )
    client.configure_optimization(objective="-loss" if metrics == 1 else "-loss, -cost")
    client.set_generation_strategy(strategy)
    for _ in range(trials):
        for index, params in client.get_next_trials(max_trials=1).items():
            loss = (params["x"] - 2.0) ** 2 + (params["kind"] == "b")
            data = {"loss": loss, "cost": abs(params["x"])} if metrics == 2 else {"loss": loss}
            client.complete_trial(index, raw_data=data)
    assert client._generation_strategy.current_node_name == "augury"
    return client


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in MODELS.names()]
)
def test_a_client_decides_with_every_surrogate(name, monkeypatch) -> None:
    monkeypatch.setattr("augury.models.matched_prior._ITERATIONS", 2)
    monkeypatch.setattr("augury.models.matched_prior._matched", {})
    options = {
        key: _shrink(value) for key, value in model_config(name).model_options.items() if key == "inference"
    }
    client = run(generation_strategy(name, **options))  # from six results on a portfolio has members
    params, _, _, _ = client.get_best_parameterization()
    assert -5.0 <= params["x"] <= 10.0


@pytest.mark.slow
def test_it_finds_the_minimum() -> None:
    params, _, _, _ = run(generation_strategy("gp"), trials=12).get_best_parameterization()
    assert params["x"] == pytest.approx(2.0, abs=0.1)
    assert params["kind"] != "b"


def test_classes_partials_and_options_are_taken() -> None:
    config = model_config(partial(InfiniteWidthGP, depth=2), bias_var=0.5)
    assert config.botorch_model_class is InfiniteWidthGP
    assert config.model_options == {"depth": 2, "bias_var": 0.5}
    run(generation_strategy(GaussianProcess, acquisition_class=qUpperConfidenceBound), trials=6)


@pytest.mark.slow
def test_several_metrics_are_modelled() -> None:
    client = run(generation_strategy("gp"), trials=7, metrics=2)
    assert len(client.get_pareto_frontier(use_model_predictions=False)) >= 1


def test_levels_of_a_fidelity_reach_the_surrogate() -> None:
    parameters = [
        RangeParameter("x", ParameterType.FLOAT, 0.0, 1.0),
        RangeParameter("mesh", ParameterType.INT, 0, 1, is_fidelity=True, target_value=1),
    ]
    objective = Objective("-loss", metric_name_to_signature={"loss": "loss"})
    experiment = Experiment(
        SearchSpace(parameters),
        optimization_config=OptimizationConfig(objective),
        tracking_metrics=[Metric("loss")],
    )
    start = Generators.SOBOL(experiment=experiment, seed=0)
    for _ in range(8):
        trial = experiment.new_trial(start.gen(1)).mark_running(no_runner_required=True)
        x, mesh = trial.arm.parameters.values()
        loss = {"trial_index": trial.index, "arm_name": trial.arm.name, "metric_name": "loss"}
        loss |= {"metric_signature": "loss", "mean": (x - 0.3) ** 2 + 0.1 * x * (1 - mesh), "sem": 0.0}
        experiment.attach_data(Data(df=pd.DataFrame([loss])))
        trial.mark_completed()
    decide = Generators.BOTORCH_MODULAR(
        experiment=experiment,
        surrogate_spec=SurrogateSpec(model_configs=[model_config("graph-co-kriging")]),
        botorch_acqf_class=qMultiFidelityMaxValueEntropy,
    )
    assert decide.gen(1).arms[0].parameters["mesh"] in (0, 1)
    model = decide.generator.surrogate.model
    assert isinstance(model, CoKriging)
    assert model.levels.count == 2


def test_what_ax_cannot_construct_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no model called 'gauss'"):
        model_config("gauss")
    with pytest.raises(InvalidInputError, match="Ax constructs models itself"):
        model_config(lambda X, Y, Yvar, space: GaussianProcess(X, Y))
    with pytest.raises(InvalidInputError, match=r"gp cannot be given nonsense; .* train_Yvar"):
        generation_strategy("gp", nonsense=4)
    with pytest.raises(InvalidInputError, match="num_initial is 0"):
        generation_strategy("gp", num_initial=0)
