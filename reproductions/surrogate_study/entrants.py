"""Who takes part: every registered surrogate, the peers of the paper, and designs without a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botorch.models import MixedSingleTaskGP, SingleTaskGP
from botorch.models.model import Model
from botorch.models.utils.gpytorch_modules import get_matern_kernel_with_gamma_prior
from torch import Tensor

from augury.models.gaussian_process import GaussianProcess
from augury.models.registry import MODELS
from augury.space.space import Space

# Other names for, or parts of, surrogates that take part already; models of several fidelities are the
# Gaussian process on problems without.
ALIASES = (
    "bnn",
    "co-kriging",
    "recursive-co-kriging",
    "stepwise-co-kriging",
    "hierarchical-kriging",
    "nargp",
    "multi-task-gp",
    "multi-source-gp",
)


@dataclass(frozen=True)
class Entrant:
    """A way to choose points: a strategy of augury, and the surrogate that it is given."""

    strategy: str = "bayesian-optimization"
    model: Any = "auto"


def gp_paper(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> Model:
    """The Gaussian process of the paper (BoTorch 0.8's default) on our exact inference.

    Matern-5/2 with lengthscales Gamma(3, 6) and outputscale Gamma(2, 0.15); the noise has our wide prior in
    place of Gamma(1.1, 0.05). As in the published code, categories are numbers to it.
    """
    return GaussianProcess(
        train_X, train_Y, train_Yvar, covar_module=get_matern_kernel_with_gamma_prior(train_X.shape[-1])
    )


def gp_botorch(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> Model:
    """BoTorch's Gaussian process as it is by default today."""
    if space.categorical_features:
        return MixedSingleTaskGP(train_X, train_Y, space.categorical_features, train_Yvar)
    return SingleTaskGP(train_X, train_Y, train_Yvar)


_PEERS: dict[str, Callable[..., Model]] = {"gp-paper": gp_paper, "gp-botorch": gp_botorch}
_WITHOUT_MODEL = ("sobol", "random")


def entrants() -> dict[str, Entrant]:
    """All entrants by name: the registered surrogates first."""
    registered = {name: Entrant(model=name) for name in MODELS.names() if name not in ALIASES}
    peers = {name: Entrant(model=model) for name, model in _PEERS.items()}
    return registered | peers | {name: Entrant(strategy=name) for name in _WITHOUT_MODEL}
