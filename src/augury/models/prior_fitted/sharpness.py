"""How much bolder or more timid a classifier ought to be, by labels left out of its data."""

from __future__ import annotations

from math import exp

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from augury.networks.prior_fitted.transformer import PriorFittedTransformer

_FOLDS = 10
#: With fewer rows left-out labels say nothing.
_FEWEST_ROWS = 10
#: Prior of the logarithm of the factor: normal around 0.
_DEVIATION = 0.5
_REACH = 4.0


def sharpness(log_odds: np.ndarray, labels: np.ndarray) -> float:
    r"""The factor of log odds under which labels are likeliest, and a prior on it.

    .. math::
        s = \arg\max_s \sum_i \log \sigma\big((2 y_i - 1)\, s z_i\big) - \frac{(\log s)^2}{2 \cdot 0.5^2}

    Args:
        log_odds: `n` numbers `z`, each of a prediction that has not seen the label.
        labels: `n` numbers 0 or 1.

    Source: the inverse temperature of Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern
    neural networks", with a prior, for here there are as few labels as rows.
    """
    signed = (2.0 * labels - 1.0) * log_odds

    def loss(logarithm: float) -> float:
        likelihood = np.logaddexp(0.0, -exp(logarithm) * signed).sum()
        return float(likelihood) + 0.5 * (logarithm / _DEVIATION) ** 2

    reach = _REACH * _DEVIATION
    return exp(float(minimize_scalar(loss, bounds=(-reach, reach), method="bounded").x))


@torch.no_grad()
def left_out_sharpness(network: PriorFittedTransformer, X: Tensor, codes: Tensor) -> Tensor:
    """The `sharpness` of a network on each of several problems, each row predicted without a tenth of them.

    Which rows are left out together goes by the rank of what the network says of them given all: then
    predictions do not depend on the order of the rows.

    Args:
        network: of two classes.
        X: `n x d` inputs in the unit cube.
        codes: `P x n` labels, 0 or 1.

    Returns:
        `P` factors; 1 with fewer than ten rows.
    """
    problems, n = codes.shape
    if n < _FEWEST_ROWS:
        return X.new_ones(problems)
    inputs = X.expand(problems, -1, -1)
    known = _log_odds(network, inputs, codes, inputs)
    ranked = torch.from_numpy(np.lexsort((codes.numpy(), known.numpy())))  # by the log odds, ties by label
    fold = torch.arange(n) % _FOLDS
    found = torch.empty_like(known)
    for first, last in ((0, n % _FOLDS), (n % _FOLDS, _FOLDS)):  # folds of the same size are one batch
        if first == last:
            continue
        folds = torch.arange(first, last)[:, None]
        out, kept = (
            ranked[:, torch.nonzero(mask)[:, 1].reshape(last - first, -1)].flatten(0, 1)
            for mask in (fold == folds, fold != folds)
        )  # (P folds) x rows
        labels = codes.repeat_interleave(last - first, 0)
        predicted = _log_odds(network, X[kept], labels.gather(1, kept), X[out])
        of_problem = torch.arange(problems).repeat_interleave(last - first)[:, None].expand_as(out)
        found[of_problem, out] = predicted
    factors = [sharpness(z.numpy(), y.numpy()) for z, y in zip(found, codes, strict=True)]
    return torch.tensor(factors, dtype=X.dtype)


def _log_odds(network: PriorFittedTransformer, X: Tensor, codes: Tensor, points: Tensor) -> Tensor:
    """`B x m` log odds of label 1 at points (`B x m x d`), given rows (`B x n x d`) and labels (`B x n`)."""
    logits = network.class_logits(network.read(X, codes), points)
    return (logits[..., 1] - logits[..., 0]).double()
