"""The NNGP kernel: the covariance of an infinitely wide random network."""

from __future__ import annotations

from typing import final

from augury.kernels.infinite_width import InfiniteWidthKernel


@final
class NNGPKernel(InfiniteWidthKernel):
    r"""The covariance of the outputs of an infinitely wide random network.

    .. math::
        K^0 = b + w\, x \cdot x' / d, \qquad K^{l} = b + w\, \mathbb E[f(u) f(v)], \quad
        (u, v) \sim \mathcal N(0, K^{l-1})

    `depth` counts the nonlinearities, as in BoTorch's `InfiniteWidthBNNKernel`, with which it agrees for
    ReLU. ReLU and its kin, and erf, are computed in place, tile by tile, with the gradient in closed form;
    other activations, batches and architectures by tensors of the size of the result.

    The defaults are those of Li, Rudner and Wilson (2023), fixed.

    Sources: Neal (1996), chapter 2; Lee et al. (2018), "Deep neural networks as Gaussian processes".
    """
