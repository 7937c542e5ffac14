"""Costs of designs by networks over their layers, with how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, final

import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import Posterior
from torch import Tensor, nn

from augury.errors import InvalidInputError, NotSupportedError
from augury.hardware.aggregate_network import AggregateNetwork
from augury.hardware.aggregates import AggregateEncoding
from augury.hardware.cost_posterior import CostPosterior
from augury.hardware.designs import FIELDS
from augury.hardware.encoding import LayerEncoding
from augury.hardware.ensemble import Inputs, NetworkEnsemble
from augury.hardware.graph_network import LayerGraphNetwork
from augury.hardware.targets import LogStandardize
from augury.hardware.transformer import LayerTransformer
from augury.inference.base import Progress
from augury.inference.member_posterior import MemberPosterior
from augury.models.surrogate import Surrogate

#: The level at which intervals are made to cover the designs that a member has not seen.
_LEVEL = 0.9
_HALF_WIDTH = 1.6448536269514722  # of the central 90 % of the standard normal law
_LEAST_SCALE = 1e-3
#: The architectures by name: what they see of a table, and `(number of outputs, longest design) -> network`.
NETWORKS: Mapping[str, tuple[type[LayerEncoding | AggregateEncoding], Callable[[int, int], nn.Module]]] = {
    "transformer": (LayerEncoding, lambda outputs, length: LayerTransformer(outputs, max_layers=length)),
    "graph": (LayerEncoding, lambda outputs, length: LayerGraphNetwork(outputs)),
    "aggregate": (AggregateEncoding, lambda outputs, length: AggregateNetwork(outputs)),
}


@final
class LayerSurrogate(Surrogate):
    """An ensemble of networks over layers that predicts non-negative costs, each member with its own noise.

    Each member is trained on all folds of the designs but one and predicts a normal law of the standardised
    logarithm of each cost. On the fold that it has not seen, its error is compared with its deviation and
    the members' spread: the deviations of each target are scaled so that 90 % intervals cover 90 % there.
    The prediction is the members' mixture.

    Args:
        train_X: `n x 18 L` designs: `layer_table(designs).flatten(1)`.
        train_Y: `n x m` costs, none negative.
        train_Yvar: not supported: synthesis is deterministic.
        groups: `n` integers; designs of the same group (one architecture at several reuse factors) stay in
            one fold. Each for itself if not given.
        network: one of `NETWORKS`.
        num_members: of the ensemble, at least 2.
        num_steps: of Adam.
        batch_size: designs of each member in a step.
        lr: the first step size.
        shift: see `LogStandardize`.
        seed: of weights, folds and batches.

    Raises:
        InvalidInputError: shapes that do not agree, fewer groups than members, an unknown network; or as the
            encoding and the targets raise.

    Source: Hawks et al., "wa-hls4ml", arXiv 2511.05615 (2025), for encoding and networks; the uncertainty is
    not theirs.
    """

    capabilities = frozenset({"joint_samples", "train_inputs"})
    is_smooth = False
    noise_scale: Tensor
    weights: Tensor

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        groups: Tensor | None = None,
        network: str = "transformer",
        num_members: int = 4,
        num_steps: int = 800,
        batch_size: int = 64,
        lr: float = 2e-3,
        shift: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if network not in NETWORKS:
            raise InvalidInputError(f"network is one of {', '.join(NETWORKS)}; given {network!r}")
        if train_Yvar is not None:
            raise NotSupportedError("costs of a synthesis have no noise of their own; leave out train_Yvar")
        if train_X.ndim != 2 or len(train_X) != len(train_Y):
            raise InvalidInputError(
                f"train_X is n x 18 L and train_Y n x m; given {tuple(train_X.shape)}, {tuple(train_Y.shape)}"
            )
        table, length = _layers(train_X), train_X.shape[1] // len(FIELDS)
        encoding, make = NETWORKS[network]
        self._encoding = encoding.of(table)
        self._targets = LogStandardize(train_Y.double(), shift=shift)
        self._inputs = self._encoding(table)
        self._train_X, self._Z = train_X, self._targets(train_Y.double())
        self._left_out = _folds(groups, len(train_X), num_members, seed)
        self._options = {"num_steps": num_steps, "batch_size": batch_size, "lr": lr, "seed": seed}
        self._ensemble = NetworkEnsemble(lambda: make(2 * train_Y.shape[1], length), num_members, seed)
        self.register_buffer("weights", self._ensemble.initial)
        self.register_buffer("noise_scale", torch.full(train_Y.shape[1:], torch.nan, dtype=torch.float64))
        self.eval()

    def fit(self, progress: Progress | None = None) -> Self:
        """Train the members; the same data and seed give the same ensemble.

        Args:
            progress: called after each step with steps done, steps in all and what is being done.
        """
        options: dict[str, Any] = self._options
        self.weights = self._ensemble.train(
            self._inputs, self._Z, self._left_out, **options, progress=progress
        )
        self.noise_scale = self._calibrated()
        return self

    def _calibrated(self) -> Tensor:
        """By how much the members' deviations are multiplied, target by target.

        So much that nine tenths of the designs that a member has not seen are in the interval of its noise
        and the members' spread; the mixture's mean is nearer than a member by the rest of that spread.
        """
        mean, variance = self._ensemble.predict(self.weights, self._inputs)
        rows = torch.arange(len(self._Z))
        spread = mean.var(dim=0, correction=0)
        error = (self._Z - mean[self._left_out, rows]).square() - (1.0 - 1.0 / len(mean)) * spread
        noise = (error / _HALF_WIDTH**2 - spread) / variance[self._left_out, rows]
        return noise.quantile(_LEVEL, dim=0).clamp(min=_LEAST_SCALE**2).sqrt()

    @property
    def num_outputs(self) -> int:
        return len(self.noise_scale)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training designs as given, `n x 18 L`."""
        return (self._train_X,)

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """Costs of designs; trains first where that has not been done.

        Args:
            X: `batch_shape x q x 18 L`, designs no longer than the longest that was trained on.
            output_indices: not supported.
            observation_noise: makes no difference: what members do not know is in the prediction.
            posterior_transform: applied at last.

        Raises:
            NotSupportedError: `output_indices`.
            InvalidInputError: another width, a longer design, or as the encoding raises.
        """
        if output_indices is not None:
            raise NotSupportedError("the surrogate predicts all costs at once; index its posterior's moments")
        if X.shape[-1] > self._train_X.shape[-1]:
            raise InvalidInputError(
                f"designs have at most {self._train_X.shape[-1] // len(FIELDS)} layers here, as the longest "
                f"trained on; given {X.shape[-1] // len(FIELDS)}"
            )
        if bool(self.noise_scale.isnan().any()):
            self.fit()
        features, mask, whole = self._encoding(_layers(X.double()))
        inputs: Inputs = (features.flatten(0, -3), mask.flatten(0, -2), whole.flatten(0, -2))
        mean, variance = self._ensemble.predict(self.weights, inputs)
        shape = (len(mean), *X.shape[:-1], self.num_outputs)
        values = mean.reshape(shape).movedim(0, -3)
        noise = (variance * self.noise_scale.square()).reshape(shape).movedim(0, -3)
        posterior: Posterior = CostPosterior(MemberPosterior(values, noise), self._targets)
        return posterior if posterior_transform is None else posterior_transform(posterior)


def _layers(X: Tensor) -> Tensor:
    """`... x L x 18` from `... x 18 L`."""
    if X.shape[-1] == 0 or X.shape[-1] % len(FIELDS):
        raise InvalidInputError(
            f"a design is a row of {len(FIELDS)} numbers a layer, layer_table(designs).flatten(1); "
            f"given rows of {X.shape[-1]}"
        )
    return X.unflatten(-1, (-1, len(FIELDS)))


def _folds(groups: Tensor | None, count: int, num_members: int, seed: int) -> Tensor:
    """`n`: the member that does not see a design."""
    if groups is not None and groups.shape != (count,):
        raise InvalidInputError(
            f"groups is one integer for each of {count} designs; given {tuple(groups.shape)}"
        )
    _, group = (torch.arange(count) if groups is None else groups).unique(return_inverse=True)
    number = int(group.max()) + 1
    if not 2 <= num_members <= number:
        raise InvalidInputError(
            f"num_members is from 2 to the number of groups of designs, {number}; given {num_members}"
        )
    order = torch.randperm(number, generator=torch.Generator().manual_seed(seed))
    return (order % num_members)[group]
