"""The suite passes over every registered model, and each check can fail."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch
from gpytorch.kernels import RBFKernel, ScaleKernel

from augury.models import GaussianProcess, StudentTProcess
from augury.models.registry import MODELS
from augury.numerics.predictive_law import NORMAL
from augury.testing import MODEL_CHECKS, check_model


def _with_own_kernel(*arguments, **named):
    return GaussianProcess(*arguments, **named, covar_module=ScaleKernel(RBFKernel()))


FACTORIES = {name: MODELS.load(name) for name in ("gp", "universal-kriging", "student-t", "scale-mixture")}
FACTORIES["gp-with-a-users-kernel"] = _with_own_kernel
#: The suite runs over the others, in configurations that are quick to train, in these files of tests/models.
ELSEWHERE = {
    "deep-kernel": "test_deep_kernel",
    "gradient-gp": "test_gradient_enhanced_process",
    **dict.fromkeys(
        [
            "co-kriging",
            "recursive-co-kriging",
            "stepwise-co-kriging",
            "hierarchical-kriging",
            "nargp",
            "multi-task-gp",
            "multi-source-gp",
            "latent-source-gp",
            "graph-co-kriging",
            "space-mapping",
        ],
        "multi_fidelity/test_conformance",
    ),
    "sgpr": "test_sparse_gaussian_process",
    "svgp": "test_sparse_gaussian_process",
    "deep-kernel-machine": "deep_kernel_machines/test_deep_kernel_machine",
    "saas": "test_sparse_axis_process",
    "functional-tucker": "test_functional_tucker",
    "vector-field": "test_vector_field_component",
    "sparse-multiple-kernel": "test_sparse_multiple_kernel_gp",
    "infinite-width": "test_infinite_width_gp",
    "bundled": "test_bundled_surrogate",
    "random-forest": "test_random_forest",
    "portfolio": "test_auto",
    "portfolio-predictions": "test_auto",
    "portfolio-all": "test_auto",
    "ntk-ensemble": "test_ntk_ensemble",
    "functional-prior-bnn": "test_matched_prior",
    "bnn": "test_bayesian_neural_network",
    "bnn-hmc": "test_bayesian_neural_network",
    "bnn-nuts": "test_bayesian_neural_network",
    "bnn-sghmc": "test_network_inference",
    "bnn-cyclical-sgld": "test_network_inference",
    "laplace": "test_network_inference",
    "deep-ensemble": "test_network_inference",
    "mc-dropout": "test_network_inference",
    "prior-fitted-network": "test_prior_fitted_network",
}


def test_no_registered_model_is_left_out():
    assert set(MODELS.names()) <= FACTORIES.keys() | ELSEWHERE.keys()
    tests = Path(__file__).parents[1] / "models"
    for name in set(ELSEWHERE.values()):
        assert "MODEL_CHECKS" in (tests / f"{name}.py").read_text()


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_every_model_conforms(check, name):
    check(FACTORIES[name])


class _NotTrained(GaussianProcess):
    def fit(self, initial=None, seed=0):
        return None


class _Flat(GaussianProcess):
    def posterior(self, X, *arguments, **named):
        return super().posterior(0.0 * X + 0.5, *arguments, **named)


class _Unseeded(GaussianProcess):
    def fit(self, initial=None, seed=0):
        super().fit(initial, seed)
        self.load_state_dict({**self.state_dict(), "theta": self.theta + torch.rand(1).double()})
        return self


class _Overconfident(GaussianProcess):
    def mean_variance(self, X):
        mean, variance = super().mean_variance(X)
        return mean, 0.1 * variance


class _WrongGradient(GaussianProcess):
    def mean_variance_gradient(self, X):
        mean, variance, mean_gradient, variance_gradient = super().mean_variance_gradient(X)
        return mean, variance, -mean_gradient, variance_gradient


class _Misjudged(StudentTProcess):
    def location_scale(self, Z=None):
        moments, _ = super().location_scale(Z)
        return moments, NORMAL


class _Boastful(GaussianProcess):
    capabilities = frozenset({"gaussian", "omniscient"})


class _Deaf(GaussianProcess):
    def condition_on_observations(self, X, Y, noise=None, **kwargs):
        return self


class _Trusting(GaussianProcess):
    def __init__(self, train_X, train_Y, *arguments, **named):
        super().__init__(train_X, train_Y.nan_to_num(), *arguments, **named)


class _Noiseless(GaussianProcess):
    def posterior(self, X, output_indices=None, observation_noise=False, posterior_transform=None):
        return super().posterior(X, output_indices, posterior_transform=posterior_transform)


class _Standardised(GaussianProcess):
    def __init__(self, train_X, train_Y, *arguments, **named):
        super().__init__(train_X, (train_Y - train_Y.mean()) / train_Y.std(), *arguments, **named)


class _Forgetful(GaussianProcess):
    def load_state_dict(self, state_dict, *arguments, **named):
        return None


class _BlindToCategories(GaussianProcess):
    def __init__(self, train_X, train_Y, train_Yvar=None, categorical_features=None):
        seen = train_X.clone()
        seen[:, categorical_features or []] = 0.0
        super().__init__(seen, train_Y, train_Yvar, categorical_features)


class _KeepsWhatItIsGiven(GaussianProcess):
    def __init__(self, train_X, *arguments, **named):
        super().__init__(train_X, *arguments, **named)
        self._outcomes[0].X = train_X.numpy()


@pytest.mark.parametrize(
    ("faulty", "caught_by"),
    [
        (_NotTrained, "predicts_with_the_right_shapes"),
        (_Flat, "learns_a_smooth_function"),
        (_Flat, "is_less_certain_away_from_data"),
        (_Unseeded, "is_deterministic"),
        (_Unseeded, "leaves_global_random_state_alone"),
        (_Overconfident, "gaussian_moments_agree_with_the_posterior"),
        (_WrongGradient, "gaussian_moments_agree_with_the_posterior"),
        (_Misjudged, "location_and_scale_agree_with_the_posterior"),
        (_Boastful, "declares_its_capabilities"),
        (_Deaf, "conditions_on_observations"),
        (_Trusting, "refuses_bad_training_data"),
        (_Noiseless, "observation_noise_adds_variance"),
        (_Standardised, "predicts_in_the_units_of_the_outcomes"),
        (_Forgetful, "state_restores_predictions"),
        (_BlindToCategories, "takes_categories"),
        (_KeepsWhatItIsGiven, "leaves_its_arguments_alone"),
    ],
)
def test_a_fault_is_caught(faulty, caught_by):
    check = next(check for check in MODEL_CHECKS if check.__name__ == caught_by)
    with pytest.raises(AssertionError):
        check(faulty)


class _Hidden(GaussianProcess):
    """Predicts by something that is neither an argument nor in the state, far from its data."""

    def fit(self, initial=None, seed=0):
        self.extra = 1.0
        return super().fit(initial, seed)

    def posterior(self, X, *arguments, **named):
        known = (X[..., None, :] - self.train_inputs[0]).abs().amax(-1).amin(-1, keepdim=True) < 1e-9
        return super().posterior(X + getattr(self, "extra", 0.0) * ~known, *arguments, **named)


def test_a_state_that_no_file_holds_is_caught(monkeypatch):
    here = EntryPoint("hidden", f"{_Hidden.__module__}:{_Hidden.__qualname__}", "augury.models")
    monkeypatch.setitem(MODELS._builtin, "hidden", here)
    monkeypatch.setattr(MODELS, "load", lambda name: _Hidden)
    check = next(check for check in MODEL_CHECKS if check.__name__ == "saves_and_loads")
    with pytest.raises(AssertionError, match="predictions back"):
        check(_Hidden)


def test_the_whole_suite_stops_at_the_first_fault():
    with pytest.raises(AssertionError, match="fit"):
        check_model(_NotTrained)
