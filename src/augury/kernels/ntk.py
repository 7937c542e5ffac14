"""The neural tangent kernel: what the training of an infinitely wide network sees."""

from __future__ import annotations

from typing import final

from augury.kernels.infinite_width import InfiniteWidthKernel


@final
class NTKKernel(InfiniteWidthKernel):
    r"""The neural tangent kernel: what the training of an infinitely wide network by gradient descent sees.

    .. math::
        T^0 = K^0, \qquad T^{l} = K^{l} + w\, \mathbb E[f'(u) f'(v)]\, T^{l-1}

    Weights and biases learn at the rates of their variances (the "NTK parameterisation"). The arguments are
    those of `NNGPKernel`. The kernel of ReLU has a kink where two inputs coincide; its gradient there is
    taken as that of the diagonal.

    Source: Jacot, Gabriel and Hongler (2018), theorem 1.
    """

    _tangents = True
