"""The joint posterior of a Gauss-Markov chain at new times, from what is known at its own."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.inference.state_space.matern import MaternSDE
from augury.inference.state_space.smoother import Smoothed


class Bridge:
    r"""Processes between and beyond the times of a smoothed chain of `R` independent Matern processes.

    Between its neighbours :math:`x_-, x_+` a state is
    :math:`A_1 x_- + K (x_+ - A_2 A_1 x_-) + N(0, Q_1 - K A_2 Q_1)` with
    :math:`K = Q_1 A_2^T (A_2 Q_1 A_2^T + Q_2)^{-1}`. Two times of the chain have the covariance
    :math:`G_a G_{a+1} \cdots G_{b-1} P_b`, with the smoother's gains `G`; products of :math:`2^l` of them are
    kept, so that any takes a logarithm of steps.

    Args:
        times: `T`, increasing.
        smoothed: the chain, the states of one process after those of another.
        sde: of each process.
        jitter: added to the covariance of a step, as a share of the stationary one.
    """

    def __init__(self, times: Tensor, smoothed: Smoothed, sde: MaternSDE, jitter: float) -> None:
        self._times, self._smoothed, self._sde, self._jitter = times, smoothed, sde, jitter
        self._products = [smoothed.gain]
        while len(self._products[-1]) > 1:
            half, last = 1 << (len(self._products) - 1), self._products[-1]
            if len(last) <= half:
                break
            self._products.append(last[:-half] @ last[half:])

    def joint(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Means (`b x q x R`) and covariances (`b x q x q x R x R`) of the functions at `t` (`b x q`)."""
        times, sde, s = self._times, self._sde, self._sde.order
        t = t.clamp(float(times[0]), float(times[-1]))
        right = torch.searchsorted(times, t.detach().contiguous()).clamp(1, len(times) - 1)
        A1, Q1 = sde.transition(t - times[right - 1])
        A2, Q2 = sde.transition(times[right] - t)
        step = A2 @ Q1 @ A2.mT + Q2 + self._jitter * sde.stationary_covariance
        K = torch.linalg.solve(step, A2 @ Q1).mT
        near, far = (A1 - K @ A2 @ A1)[..., 0, :], K[..., 0, :]
        ends = torch.cat([right - 1, right], dim=-1)  # b x 2q
        weights = torch.cat([near, far], dim=-2)  # b x 2q x s
        states = self._smoothed.mean.reshape(len(times), -1, s)
        mean = torch.einsum("bes,bers->ber", weights, states[ends])
        q, R = t.shape[-1], states.shape[1]
        blocks = self._covariances(ends).reshape(*ends.shape, 2 * q, R, s, R, s)
        covariance = torch.einsum("bes,befrsut,bft->befru", weights, blocks, weights)
        rest = self._rest(t, right, Q1, K, A2)
        total = covariance.reshape(len(t), 2, q, 2, q, R, R).sum((1, 3))
        total = total + rest[..., None, None] * torch.eye(R, dtype=torch.float64)
        return mean.reshape(len(t), 2, q, R).sum(1), total

    def _covariances(self, ends: Tensor) -> Tensor:
        """`b x e x e x S x S`: of the states at all pairs of the chain's times, by number (`b x e`)."""
        a, b = torch.broadcast_tensors(ends.unsqueeze(-1), ends.unsqueeze(-2))
        first, last = torch.minimum(a, b), torch.maximum(a, b)
        size = self._smoothed.covariance.shape[-1]
        product = torch.eye(size, dtype=torch.float64).expand(*a.shape, size, size)
        position, length = first, last - first
        for level, table in enumerate(self._products):
            bit = (length >> level) & 1
            if bool(bit.any()):
                factor = table[position.clamp_max(len(table) - 1)]
                product = torch.where(bit.bool()[..., None, None], product @ factor, product)
                position = position + (bit << level)
        covariance = product @ self._smoothed.covariance[last]
        return torch.where((a > b)[..., None, None], covariance.mT, covariance)

    def _rest(self, t: Tensor, right: Tensor, Q1: Tensor, K: Tensor, A2: Tensor) -> Tensor:
        """`b x q x q`: what times in one interval share beside its ends."""
        between, _ = self._sde.transition((t.unsqueeze(-1) - t.unsqueeze(-2)).abs())
        ahead = torch.einsum("bis,bijs->bij", Q1[..., 0, :], between[..., 0, :])
        tied = torch.einsum("bis,bjs->bij", K[..., 0, :], (A2 @ Q1)[..., :, 0])
        rest = ahead - tied  # where i is the earlier one
        earlier = t.unsqueeze(-1) <= t.unsqueeze(-2)
        together = right.unsqueeze(-1) == right.unsqueeze(-2)
        return torch.where(earlier, rest, rest.mT) * together
