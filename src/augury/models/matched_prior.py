"""The weight prior whose functions look like those of the Gaussian process one would have used instead."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor, nn

from augury.errors import NotSupportedError
from augury.inference.function_prior import GaussianProcessPrior
from augury.inference.functional_prior import match_functional_prior
from augury.inference.measurement_sets import MeasurementSet
from augury.inference.weight_prior import GaussianWeightPrior, WeightPrior
from augury.networks.stacked import StackedNetwork

#: Network inputs are uniform between these, with variance 1, when the inputs fill the unit cube.
_EDGE = 3.0**0.5
_ITERATIONS, _SAMPLES, _POINTS, _LR = 100, 64, 50, 0.1

_matched: dict[str, Mapping[str, Tensor]] = {}


def gaussian_process_prior(inputs: int) -> GaussianProcessPrior:
    r"""The target for `inputs` network inputs of unit variance.

    .. math::
        k(x, x') = s \exp\Bigl(-\sum_j \frac{(x_j - x'_j)^2}{2 l_j^2}\Bigr), \quad
        \log l_j \sim \mathcal N\bigl(\log \sqrt{2 d}, 1\bigr), \quad \log s \sim \mathcal N(0.1, 1)

    Source: Tran et al. (2022), section 5.1.
    """
    lengthscale = LogNormalPrior(torch.tensor(0.5 * math.log(2.0 * inputs)), torch.tensor(1.0))
    base = RBFKernel(ard_num_dims=inputs, lengthscale_prior=lengthscale)
    return GaussianProcessPrior(
        ScaleKernel(base, outputscale_prior=LogNormalPrior(torch.tensor(0.1), torch.tensor(1.0)))
    )


def matched_prior(network: StackedNetwork) -> WeightPrior:
    """A normal weight prior matched to `gaussian_process_prior` over the cube, by the Bures distance.

    Matching takes a second or so; networks of torch's own layers are matched once in a process.

    Args:
        network: its first layer is a `Linear` (which tells the number of inputs).

    Raises:
        NotSupportedError: another first layer.
    """
    first = _parts(network)[0]
    if not isinstance(first, nn.Linear):
        raise NotSupportedError(
            "the prior can be matched by default for networks that begin with a Linear layer; "
            "for others call augury.inference.match_functional_prior"
        )
    inputs = first.in_features
    prior = GaussianWeightPrior(network, 2.0)
    own = all(type(part).__module__.startswith("torch.nn.") for part in _parts(network))
    key = repr(network.module)
    if not own or key not in _matched:
        box = torch.tensor([[-_EDGE], [_EDGE]], dtype=torch.float64).expand(2, inputs)
        nothing = torch.empty(0, inputs, dtype=torch.float64)
        result = match_functional_prior(
            prior,
            gaussian_process_prior(inputs),
            MeasurementSet(nothing, box, size=_POINTS),
            distance="bures",
            num_iterations=_ITERATIONS,
            num_samples=_SAMPLES,
            lr=_LR,
        )
        _matched[key] = result.prior.hyperparameters()
    return prior.with_hyperparameters(_matched[key])


def _parts(network: StackedNetwork) -> list[nn.Module]:
    """The modules in which computation happens."""
    return [part for part in network.module.modules() if next(part.children(), None) is None]
