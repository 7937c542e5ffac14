"""Extremely randomised regression trees of one outcome, each grown without one part of the rows."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from sklearn import config_context
from sklearn.tree import ExtraTreeRegressor

from augury.models.folds import assign_folds

#: The least variance in a leaf, in standardised units (SMAC's threshold); no prediction is surer.
LEAST_VARIANCE = 1e-5
#: Candidates of the noise variance, likewise.
_NOISE = np.concatenate([[0.0], np.exp(np.linspace(np.log(1e-4), np.log(2.0), 24))])
#: Inputs are single precision, as scikit-learn's trees have them.
_LARGEST = float(np.finfo(np.float32).max)


class RegressionForest:
    r"""Trees that partition the inputs at random cuts, the best of one cut for each input.

    A tree `t` gives a point the mean `mu_t` and the variance `v_t` of the outcomes in its leaf. The forest's
    moments are those of a mixture of its trees,

    .. math::
        \mu(x) = \frac1T \sum_t \mu_t(x), \qquad
        \operatorname{Cov}(x, x') = \frac1{T - 1} \sum_t (\mu_t(x) - \mu(x))(\mu_t(x') - \mu(x'))
        + \frac1T \sum_t v_t(x)\, 1[\text{one leaf}]

    whose diagonal is the law of total variance. Each tree is grown without one of `FOLDS` parts of the rows,
    so that trees differ, and every row is predicted by trees that have not seen it.

    Args:
        X: `n x p` inputs, categories one-hot.
        y: `n` standardised outcomes.
        noise: `n` known noise variances on that scale, or None to infer one.
        num_trees: `T`.
        max_features: the share of the inputs that a split chooses among.
        min_samples_leaf: the fewest rows in a leaf.
        seed: of all cuts.

    Sources: Geurts, Ernst and Wehenkel (2006), "Extremely randomized trees", for the cuts; Hutter et al.
    (2014), "Algorithm runtime prediction", eq. 6, for the variance.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        noise: np.ndarray | None,
        *,
        num_trees: int,
        max_features: float,
        min_samples_leaf: int,
        seed: int,
    ) -> None:
        inputs, n = _single(X), len(y)
        parts = assign_folds(n)
        count = int(parts.max()) + 1
        weights = None if noise is None else 1.0 / (1.0 + noise)
        self._trees, means, variances = [], [], []
        for index in range(num_trees):
            rows = np.flatnonzero(parts != index % count) if count > 1 else np.arange(n)
            tree = ExtraTreeRegressor(
                max_features=max_features,
                min_samples_leaf=min(min_samples_leaf, len(rows)),
                random_state=np.random.RandomState(seed + index),
            )
            share = None if weights is None else weights[rows]
            with config_context(skip_parameter_validation=True):  # which takes longer than small trees
                tree.fit(inputs[rows], y[rows], sample_weight=share, check_input=False)
            self._trees.append(tree.tree_)
            means.append(tree.tree_.value[:, 0, 0])
            variances.append(np.maximum(tree.tree_.impurity, LEAST_VARIANCE))
        self._offsets = np.cumsum([0, *(len(mean) for mean in means[:-1])])
        self._means, self._variances = np.concatenate(means), np.concatenate(variances)
        self._left_out = np.arange(num_trees)[:, None] % count == parts if count > 1 else None
        self._inputs, self._y, self._known = inputs, y, noise
        self.noise_variance = self._likeliest_noise() if noise is None else float(noise.mean())

    def leaves(self, X: np.ndarray) -> np.ndarray:
        """`T x N`: the leaf of each tree, by a number of its own, that each row of `X` (`N x p`) falls in."""
        inputs = _single(X)
        return np.stack([tree.apply(inputs) for tree in self._trees]) + self._offsets[:, None]

    def means(self, leaves: np.ndarray) -> np.ndarray:
        """`T x N`: `mu_t` in leaves (`T x N`)."""
        means: np.ndarray = self._means[leaves]
        return means

    def variances(self, leaves: np.ndarray) -> np.ndarray:
        """`T x N`: `v_t` in leaves (`T x N`)."""
        variances: np.ndarray = self._variances[leaves]
        return variances

    def mean_variance(self, leaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`mu` and `Cov(x, x)`, `N` each, from leaves (`T x N`)."""
        means = self.means(leaves)
        mean = means.mean(axis=0)
        spread = ((means - mean) ** 2).sum(axis=0) / max(len(means) - 1, 1)
        return mean, spread + self.variances(leaves).mean(axis=0)

    def covariance(self, leaves: np.ndarray, others: np.ndarray) -> np.ndarray:
        """`... x a x b` covariances of points in leaves (`T x ... x a`) and others (`T x ... x b`)."""
        left, right = self.means(leaves), self.means(others)
        left, right = left - left.mean(axis=0), right - right.mean(axis=0)
        between = np.einsum("t...a,t...b->...ab", left, right, optimize=True) / max(len(left) - 1, 1)
        within = np.zeros_like(between)
        for one, other, variance in zip(leaves, others, self.variances(leaves), strict=True):
            within += (one[..., :, None] == other[..., None, :]) * variance[..., None]
        covariance: np.ndarray = between + within / len(leaves)
        return covariance

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (noise included), `n` each, of every outcome by the trees grown without it."""
        mean, variance = self._left_out_moments()
        return mean, variance + (self.noise_variance if self._known is None else self._known)

    def _left_out_moments(self) -> tuple[np.ndarray, np.ndarray]:
        if self._left_out is None:  # one row
            return np.zeros(1), np.ones(1)
        leaves, used = self.leaves(self._inputs), self._left_out
        means, count = self.means(leaves), used.sum(axis=0)
        mean = (means * used).sum(axis=0) / count
        spread = ((means - mean) ** 2 * used).sum(axis=0) / np.maximum(count - 1, 1)
        return mean, spread + (self.variances(leaves) * used).sum(axis=0) / count

    def _likeliest_noise(self) -> float:
        """The noise variance under which outcomes left out are likeliest."""
        mean, variance = self._left_out_moments()
        deviations = np.sqrt(variance + _NOISE[:, None])
        return float(_NOISE[norm.logpdf(self._y, mean, deviations).sum(axis=1).argmax()])


def _single(X: np.ndarray) -> np.ndarray:
    """Inputs in the single precision of scikit-learn's trees, rows side by side."""
    return np.ascontiguousarray(np.clip(X, -_LARGEST, _LARGEST), dtype=np.float32)
