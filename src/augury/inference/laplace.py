"""The Laplace approximation of a network's posterior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, final, get_args

import torch
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.base import Inference, Progress
from augury.inference.evidence import KroneckerFactors, LaplaceEvidence, gram_log_determinant
from augury.inference.jacobian import (
    Jacobian,
    LayerJacobian,
    Part,
    last_linear,
    layer_jacobian,
    network_jacobian,
)
from augury.inference.linearised import (
    GramCovariance,
    KroneckerCovariance,
    LinearisedPredictive,
    WeightCovariance,
)
from augury.inference.map_training import adam
from augury.inference.network_density import NetworkDensity
from augury.inference.sharpness import SharpnessRegularizer
from augury.inference.sharpness_training import with_sharpness
from augury.inference.weight_prior import GaussianWeightPrior
from augury.networks.stacked import StackedNetwork

Structure = Literal["full", "kronecker", "last-layer"]

#: Where tuning starts: `log delta` and `log sigma`.
_FIRST_LOG_PRECISION, _FIRST_LOG_NOISE = 0.0, -1.0


@dataclass
class _Mode:
    """One start, as far as it has come."""

    theta: Tensor
    log_precision: float = _FIRST_LOG_PRECISION
    log_noise: Tensor | None = None
    log_evidence: float = -torch.inf


@final
@dataclass(frozen=True)
class Laplace(Inference):
    r"""A normal distribution at the mode, with the generalised Gauss-Newton matrix as its precision.

    .. math::
        w \sim \mathcal N\bigl(\hat w,\ (J^T S^{-1} J + \delta \Lambda_0)^{-1}\bigr), \qquad
        f(x) \approx f_{\hat w}(x) + J(x) (w - \hat w)

    `Lambda_0` is the precision of the (normal) prior. Its factor `delta` and the noise are those that
    maximise the approximate marginal likelihood; training and tuning alternate. Of several starts, trained
    side by side, the one with the highest marginal likelihood is kept.

    Args:
        structure: "full": all weights, exact, by `n o x n o` matrices; "kronecker": layers independent,
            each a Kronecker product; "last-layer": the last layer's weights only, the others fixed at the
            mode.
        num_steps: of Adam, over all rounds.
        lr: its first step size.
        num_rounds: of training, each followed by tuning.
        num_starts: starts.
        sharpness: a bound on how much the mean prediction of each start moves with its weights.

    Raises:
        InvalidInputError: an unknown structure, or counts below 1.

    Source: MacKay (1992); Immer, Korzepa and Bauer (2021); Immer et al., "Scalable marginal likelihood
    estimation for model selection in deep learning", ICML 2021, algorithm 1.
    """

    structure: Structure = "full"
    num_steps: int = 1200
    lr: float = 0.02
    num_rounds: int = 4
    num_starts: int = 4
    sharpness: SharpnessRegularizer | None = None

    gaussian = True

    def __post_init__(self) -> None:
        if self.structure not in get_args(Structure):
            raise InvalidInputError(
                f"structure must be one of {', '.join(map(repr, get_args(Structure)))}; "
                f"given {self.structure!r}"
            )
        if min(self.num_steps, self.num_rounds, self.num_starts) < 1:
            raise InvalidInputError("num_steps, num_rounds and num_starts must be at least 1")

    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> LinearisedPredictive:
        """See `Inference.run`.

        Raises:
            NotSupportedError: a prior that is not `GaussianWeightPrior`, or a network that the structure does
                not know.
        """
        if not isinstance(density.prior, GaussianWeightPrior):
            raise NotSupportedError(
                f"Laplace needs a GaussianWeightPrior; given {type(density.prior).__name__}; use HMC or SGHMC"
            )
        variance = density.prior.variance
        modes = self._starts(density, initial, seed)
        steps = -(-self.num_steps // self.num_rounds)
        for round_ in range(self.num_rounds):

            def report(step: int, done: int = round_ * steps) -> None:
                if progress is not None:
                    progress(done + step, self.num_rounds * steps, "training")

            self._train(density, variance, modes, steps, report)
            for mode in modes:
                self._tune(density, variance, mode)
        best = max(modes, key=lambda mode: mode.log_evidence)
        noise = density.noise if best.log_noise is None else _noise(best.log_noise, density.Y)
        assert noise is not None
        return self._predictive(
            density.network,
            {
                "theta": best.theta,
                "variance": variance,
                "X": density.X,
                "noise": noise,
                "log_precision": torch.tensor(best.log_precision, dtype=torch.float64),
                "log_evidence": torch.tensor(best.log_evidence, dtype=torch.float64),
            },
        )

    def restore(self, network: StackedNetwork, state: Mapping[str, Tensor]) -> LinearisedPredictive:
        """The result whose `state()` is given."""
        return self._predictive(network, state)

    @property
    def _part(self) -> Part:
        return "last-layer" if self.structure == "last-layer" else "all"

    def _starts(
        self, density: NetworkDensity, initial: Mapping[str, Tensor] | None, seed: int
    ) -> list[_Mode]:
        weights = density.network.initial(self.num_starts, torch.Generator().manual_seed(seed))
        log_noise = None
        if density.noise is None:
            log_noise = torch.full((density.num_outputs,), _FIRST_LOG_NOISE, dtype=torch.float64)
        modes = [_Mode(row, log_noise=log_noise) for row in weights]
        earlier = (initial or {}).get("theta")
        if earlier is not None and earlier.shape == weights.shape[1:] and bool(torch.isfinite(earlier).all()):
            modes[0].theta = earlier.detach().to(torch.float64)
        return modes

    def _train(
        self, density: NetworkDensity, variance: Tensor, modes: list[_Mode], steps: int, report: object
    ) -> None:
        """Move the weights of every start to a mode, precision and noise kept."""
        X, Y, network = density.X, density.Y, density.network
        decay = torch.tensor([mode.log_precision for mode in modes]).double().exp().unsqueeze(-1) / variance
        if density.noise is not None:
            noise = density.noise
        else:
            noise = torch.stack([_noise(mode.log_noise, Y) for mode in modes if mode.log_noise is not None])

        def gradient(theta: Tensor) -> Tensor:
            values, pullback = network.value_pullback(theta, X)
            return pullback((values - Y) / noise) + decay * theta

        start = torch.stack([mode.theta for mode in modes])
        total = with_sharpness(gradient, density, self.sharpness)
        trained = adam(total, start, steps=steps, lr=self.lr, after_step=report)  # type: ignore[arg-type]
        for mode, theta in zip(modes, trained, strict=True):
            mode.theta = theta

    def _tune(self, density: NetworkDensity, variance: Tensor, mode: _Mode) -> None:
        """Set the precision and noise of one start to those of the highest marginal likelihood."""
        values, jacobian = self._jacobian(density.network, mode.theta, variance, density.X)
        log_determinant = (
            KroneckerFactors(jacobian).log_determinant
            if isinstance(jacobian, LayerJacobian) and self.structure == "kronecker"
            else gram_log_determinant(jacobian)
        )
        squares = mode.theta.square() / variance
        if self._part == "last-layer":
            squares = squares[_last_layer(density.network)]
        evidence = LaplaceEvidence(density.Y - values, float(squares.sum()), log_determinant, density.noise)
        mode.log_precision, mode.log_noise, mode.log_evidence = evidence.maximise(
            mode.log_precision, mode.log_noise
        )

    def _jacobian(
        self, network: StackedNetwork, theta: Tensor, variance: Tensor, X: Tensor
    ) -> tuple[Tensor, Jacobian]:
        if self.structure == "kronecker":
            return layer_jacobian(network, theta, variance, X)
        return network_jacobian(network, theta, variance, X, self._part)

    def _predictive(self, network: StackedNetwork, state: Mapping[str, Tensor]) -> LinearisedPredictive:
        theta, variance, noise = state["theta"], state["variance"], state["noise"]
        precision = float(state["log_precision"].exp())
        _, jacobian = self._jacobian(network, theta, variance, state["X"])
        covariance: WeightCovariance
        if self.structure == "kronecker":
            assert isinstance(jacobian, LayerJacobian)
            covariance = KroneckerCovariance(KroneckerFactors(jacobian), precision, noise)
        else:
            covariance = GramCovariance(jacobian, precision, noise)
        return LinearisedPredictive(
            network,
            theta,
            variance,
            covariance,
            noise.mean(dim=0),
            self._part,
            tensors=dict(state),
            diagnostics={"log_evidence": float(state["log_evidence"]), "prior_precision": precision},
            warm_start={"theta": theta},
        )


def _noise(log_noise: Tensor, Y: Tensor) -> Tensor:
    return (2.0 * log_noise).exp().expand(Y.shape)


def _last_layer(network: StackedNetwork) -> slice:
    """Where the parameters of the last `Linear` layer stand."""
    name = last_linear(network)
    parts = [part for part in network.slices if part.name.rpartition(".")[0] == name]
    return slice(parts[0].start, parts[-1].stop)
