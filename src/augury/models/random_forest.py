"""A random forest as a surrogate: randomised trees, whose disagreement is the uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.exact.features import Features
from augury.models.forest.moments import ForestMoments
from augury.models.forest.regression_forest import RegressionForest
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.independent import independent
from augury.models.transformed_data import TransformedData, affine

#: Added to the variances of standardised outcomes: points in the same leaves have the same value.
JITTER = 1e-8


@final
class RandomForest(OutcomeSurrogate):
    """A forest of randomised trees, its uncertainty by the law of total variance.

    For jumps, categories and conditional parameters, where distances say little. The posterior is the
    Gaussian with the mean and the covariances of the trees (`RegressionForest`); it is constant on the pieces
    between cuts, with gradient zero, so that a search for its best point must not rely on gradients
    (`is_smooth` is False). Beyond the box of the training rows, where trees only repeat their outermost
    leaves, the outcomes' own variance comes back with the distance (`_beyond`). Categories are one-hot: a cut
    takes one of them apart from the others. The noise variance is the one under which outcomes are likeliest
    to the trees that have not seen them.

    Sources: Hutter, Hoos and Leyton-Brown, "Sequential model-based optimization for general algorithm
    configuration" (SMAC), LION 2011; Hutter et al., "Algorithm runtime prediction: methods and evaluation",
    Artificial Intelligence 206 (2014); Geurts, Ernst and Wehenkel, "Extremely randomized trees", 2006.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units; each has a forest of its own.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories, inputs beside the one-hot.
        num_trees: number of trees.
        max_features: the share of the inputs that a split chooses among.
        min_samples_leaf: the fewest rows in a leaf.
        seed: of all cuts.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, options out of
            range.
    """

    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})
    is_smooth = False

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        descriptors: Mapping[int, Tensor] | None = None,
        num_trees: int = 50,
        max_features: float = 5.0 / 6.0,
        min_samples_leaf: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if num_trees < 10 or min_samples_leaf < 1:
            raise InvalidInputError(
                "a forest needs num_trees >= 10 and min_samples_leaf >= 1; "
                f"given {num_trees} and {min_samples_leaf}"
            )
        if not 0.0 < max_features <= 1.0:
            raise InvalidInputError(f"max_features is a share in (0, 1]; given {max_features}")
        self._data = TransformedData.of(
            self, train_X, train_Y, train_Yvar, input_transform, outcome_transform
        )
        self._features = Features.of(self._data.X.shape[1], categorical_features, descriptors)
        self._features.check(self._data.X)
        self._levels = [int(self._data.X[:, column].max()) + 1 for column in self._features.categorical]
        self._options: dict[str, Any] = {
            "num_trees": num_trees,
            "max_features": max_features,
            "min_samples_leaf": min_samples_leaf,
            "seed": seed,
        }
        self._numeric = torch.tensor(self._features.numeric, dtype=torch.long)
        rows = torch.from_numpy(self._data.X)[:, self._numeric]
        self._lowest, self._highest = rows.amin(dim=0), rows.amax(dim=0)
        self._forests: list[RegressionForest] | None = None
        self._num_outputs = self._data.Y.shape[1]
        self.register_load_state_dict_post_hook(_grow_again)
        self.eval()

    def fit(self) -> Self:
        """Grow the trees of each outcome; the same data and seed give the same trees."""
        inputs = self._tree_inputs(self._data.X)
        self._forests = [
            RegressionForest(inputs, *self._data.outcome(column), **self._options)
            for column in range(self.num_outputs)
        ]
        return self

    @property
    def forests(self) -> list[RegressionForest]:
        """One for each outcome, of standardised outcomes; grown when first needed."""
        if self._forests is None:
            self.fit()
        assert self._forests is not None
        return self._forests

    @property
    def num_outputs(self) -> int:
        return self._num_outputs

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._data.given,)

    @property
    def noise_variance(self) -> Tensor:
        """`m` noise variances in the outcomes' own units."""
        noise = torch.tensor([forest.noise_variance for forest in self.forests], dtype=torch.float64)
        return noise * affine(self)[1].square()

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        subset._forests = [self.forests[index] for index in idcs]
        subset._num_outputs = len(idcs)
        return subset

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("the forest adds the noise it inferred, not a given tensor")
        points = self._transformed_points(X)
        beyond = self._beyond(points)
        shape = points.shape[:-1]
        flat = self._tree_inputs(points.detach().reshape(-1, points.shape[-1]).numpy())
        normals = []
        for forest in self.forests:
            leaves = forest.leaves(flat).reshape(-1, *shape)
            mean = torch.from_numpy(forest.means(leaves).mean(axis=0)) + 0.0 * beyond  # a gradient, of zeros
            covariance = torch.from_numpy(forest.covariance(leaves, leaves))
            covariance = covariance + beyond[..., None] * beyond[..., None, :]
            covariance = covariance + JITTER * torch.eye(shape[-1], dtype=torch.float64)
            if observation_noise:
                covariance = covariance + forest.noise_variance * torch.eye(shape[-1], dtype=torch.float64)
            normals.append(MultivariateNormal(mean, covariance))
        return self._gaussian_posterior(independent(normals), X, posterior_transform)

    def cross_posterior(self, Z: np.ndarray | None = None) -> ForestMoments:
        """The moments at candidates jointly with the values at `b` fixed points `Z` (`b x d`).

        Raises:
            NotSupportedError: several outcomes, or an outcome transform that is not affine.
        """
        self._require_one_outcome()
        shift, scale = affine(self)
        return ForestMoments(self.forests[0], self._seen, Z, float(shift), float(scale))

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each."""
        mean, variance, _ = self.cross_posterior()(X.detach().to(torch.float64).numpy())
        return torch.from_numpy(mean), torch.from_numpy(variance)

    def left_out(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (noise included), `n x m` each, of every outcome by trees grown without it."""
        pairs = [forest.left_out() for forest in self.forests]
        shift, scale = affine(self)
        mean = torch.from_numpy(np.stack([pair[0] for pair in pairs], axis=-1))
        variance = torch.from_numpy(np.stack([pair[1] for pair in pairs], axis=-1))
        return mean * scale + shift, variance * scale.square()

    def _beyond(self, points: Tensor) -> Tensor:
        r"""`...`: `1 - exp(-distance)` of transformed points (`... x d`) from the box of the training rows.

        The distance is the sum over the numeric columns: a random cut falls between the point and the box at
        a rate that grows with it (as in Lakshminarayanan, Roy and Teh's Mondrian forests, 2016), and apart
        from all rows nothing is known but the outcomes' variance, 1.
        """
        numeric = points[..., self._numeric]
        outside = (self._lowest - numeric).clamp_min(0.0) + (numeric - self._highest).clamp_min(0.0)
        return -torch.expm1(-outside.sum(dim=-1))

    def _seen(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the trees see of points (`N x d`), and how far these are beyond the training rows (`N`)."""
        points = self._transformed_points(torch.from_numpy(np.ascontiguousarray(X)))
        return self._tree_inputs(points.numpy()), self._beyond(points).numpy()

    def _tree_inputs(self, X: np.ndarray) -> np.ndarray:
        """What the trees see of transformed points (`N x d`); a category never seen in training is none."""
        features = self._features
        if not features.categorical:
            return X
        codes = X[:, list(features.categorical)]
        hot = [codes[:, i, None] == np.arange(count) for i, count in enumerate(self._levels)]
        return np.concatenate([features.coordinates(X), *hot], axis=1)


def _grow_again(model: RandomForest, _: Any) -> None:
    """A forest has no state of its own: its trees follow from the data and the seed."""
    model.fit()
