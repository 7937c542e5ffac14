"""The Brownian bridge between two sets of points, and how it is sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: `(x_t: N x D, share m_t) -> N x D`, an estimate of `x_t - x_0`.
Drift = Callable[[Tensor, float], Tensor]


@final
@dataclass(frozen=True)
class BrownianBridge:
    r"""A bridge from :math:`x_T` (the source) to :math:`x_0` (the target) in T steps.

    .. math::
        x_t \mid x_0, x_T \sim \mathcal N\bigl((1 - m_t) x_0 + m_t x_T, \; v_t I\bigr), \qquad
        v_t = 2 s \, m_t (1 - m_t), \qquad m_t = 0.001, \dots, 0.999

    evenly spaced. A network learns :math:`x_t - x_0`. The variance is that of the published code, with `s =
    1`; a standard Brownian bridge (as the paper's text has it) is `s = 1/2`.

    Args:
        num_timesteps: T.
        max_variance: s.

    Raises:
        InvalidInputError: fewer than two steps, or a variance that is not positive.

    Source: Li, Xue, Liu and Lai, "BBDM: image-to-image translation with Brownian bridge diffusion models",
    CVPR 2023, section 3 and algorithms 1 and 2.
    """

    num_timesteps: int = 1000
    max_variance: float = 1.0

    def __post_init__(self) -> None:
        if self.num_timesteps < 2 or not self.max_variance > 0.0:
            raise InvalidInputError(
                f"a bridge has at least 2 steps and a positive variance; given {self.num_timesteps} and "
                f"{self.max_variance}"
            )

    @cached_property
    def shares(self) -> Tensor:
        """T shares :math:`m_t` of the source, increasing."""
        return torch.linspace(0.001, 0.999, self.num_timesteps)

    @cached_property
    def variances(self) -> Tensor:
        """T variances :math:`v_t`."""
        return 2.0 * self.max_variance * self.shares * (1.0 - self.shares)

    def q_sample(self, x_0: Tensor, x_T: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """Points on the bridge at the steps t (N), from ends and standard normal noise (`N x D`)."""
        m = self.shares[t, None]
        return (1.0 - m) * x_0 + m * x_T + self.variances[t, None].sqrt() * noise

    def reverse(self, t: int, s: int) -> tuple[float, float, float, float]:
        r"""The coefficients of the step from t back to s < t.

        .. math::
            x_s = (1 - m_s) \hat x_0 + m_s x_T + \sqrt{\tfrac{v_s - \sigma^2}{v_t}}
                  \bigl(x_t - (1 - m_t) \hat x_0 - m_t x_T\bigr) + \sigma \varepsilon, \qquad
            \sigma^2 = \frac{v_s}{v_t} \Bigl(v_t - v_s \frac{(1 - m_t)^2}{(1 - m_s)^2}\Bigr)

        With :math:`\hat x_0 = x_0` it leaves the bridge's marginals as they are.

        Returns:
            `m_t`, `m_s`, the square root of `(v_s - sigma^2) / v_t`, and `sigma`.
        """
        m_t, m_s = (float(self.shares[index]) for index in (t, s))
        v_t, v_s = (2.0 * self.max_variance * m * (1.0 - m) for m in (m_t, m_s))
        variance = max(0.0, (v_t - v_s * ((1.0 - m_t) / (1.0 - m_s)) ** 2) * v_s / v_t)
        return m_t, m_s, max(0.0, (v_s - variance) / v_t) ** 0.5, variance**0.5

    def sample(
        self,
        drift: Drift,
        x_T: Tensor,
        *,
        n_steps: int = 200,
        eta: float = 0.2,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Translate sources into targets.

        Args:
            drift: the estimate of `x_t - x_0`.
            x_T: `N x D` sources.
            n_steps: of the T steps, evenly spaced, that are taken.
            eta: factor of the noise; 0 is deterministic. As in the published code, it scales the noise alone.
            generator: of the noise.

        Returns:
            `N x D` targets: the estimate of `x_0` at the last step.
        """
        steps = (
            torch.linspace(self.num_timesteps - 1, 0, min(n_steps, self.num_timesteps))
            .round()
            .long()
            .tolist()
        )
        x = x_T.clone()
        for index, t in enumerate(steps):
            x_0 = x - drift(x, float(self.shares[t]))
            if index + 1 == len(steps):
                return x_0
            m_t, m_s, carry, sigma = self.reverse(t, steps[index + 1])
            away = x - (1.0 - m_t) * x_0 - m_t * x_T
            x = (1.0 - m_s) * x_0 + m_s * x_T + carry * away
            if eta > 0.0:
                x = x + eta * sigma * torch.randn(x.shape, generator=generator)
        return x
