"""A trained network given data sets: what a surrogate asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from augury.models.prior_fitted.copula import correlation_root
from augury.networks.prior_fitted.joint_points import JointPoints
from augury.networks.prior_fitted.transformer import Context, PriorFittedTransformer
from augury.numerics.bar_distribution import BarDistribution
from augury.numerics.threads import blas_threads

_CHUNK = 2048
_LEAST_SHARE = 0.02  # of the variance of an outcome that is not noise


@dataclass(frozen=True)
class Predictor:
    """A network and one data set for each of `m` outcomes.

    Args:
        network: trained, in double precision.
        X: `n x D` inputs in the unit cube, categories one-hot.
        Y: `n x m` outcomes.
        known_noise: `m` variances of the noise, or None where the network infers it.
    """

    network: PriorFittedTransformer
    X: Tensor
    Y: Tensor
    known_noise: Tensor | None = None

    @cached_property
    def context(self) -> Context:
        """What the network remembers of the data."""
        with torch.no_grad(), blas_threads(len(self.X)):
            X = self.X.expand(self.Y.shape[-1], -1, -1)
            return self.network.read(X, self.Y.mT.contiguous())

    def distribution(self, points: Tensor, noisy: bool) -> BarDistribution:
        """The distributions of outcomes at `points` (`batch x q x D`), of batch shape `batch x q x m`.

        Without noise the predictive distribution is drawn together around its mean, until its variance is
        smaller by that of the noise.
        """
        joint, m = JointPoints.of(points.reshape(-1, *points.shape[-2:])), self.Y.shape[-1]
        parts = []
        for block in joint.flat.split(_CHUNK):
            predicted, noise = self.network.predict(self.context, block.expand(m, -1, -1))
            variance = predicted.variance
            if self.known_noise is not None:
                noise = self.known_noise.unsqueeze(-1).expand_as(variance)
            wanted = (variance - noise).maximum(_LEAST_SHARE * variance)
            if noisy:
                wanted = variance if self.known_noise is None else wanted + noise
            narrower = (wanted / variance).sqrt()
            parts.append(predicted.rescaled(predicted.mean * (1.0 - narrower), narrower))

        def joined(name: str) -> Tensor:
            values = joint.joined(torch.cat([getattr(part, name) for part in parts], dim=1), 1).movedim(0, 2)
            return values.reshape(*points.shape[:-2], *values.shape[1:])

        return BarDistribution(parts[0].borders, joined("logits"), joined("loc"), joined("scale"))

    def copula_root(self, points: Tensor) -> Tensor | None:
        """The copula of joint points (`batch x q x D`): `batch x m x q x q`; None where a point is alone, or
        the network has no experts that would tell."""
        bank, (q, D) = self.network.bank, points.shape[-2:]
        if bank is None or q == 1:
            return None
        state = self.context.experts
        assert state is not None
        root = correlation_root(bank, state, JointPoints.of(points.reshape(-1, q, D)))
        return root.transpose(0, 1).reshape(*points.shape[:-2], -1, q, q)

    def autoregressive_samples(self, points: Tensor, num_samples: int, seed: int) -> Tensor:
        """`S x q x m` joint samples of noisy outcomes at `points` (`q x D`), each point predicted with the
        sampled ones before it."""
        m = self.Y.shape[-1]
        generator = torch.Generator().manual_seed(seed)
        inputs = self.X.expand(num_samples * m, -1, -1)
        outcomes = self.Y.mT.repeat(num_samples, 1)
        with torch.no_grad():
            for point in points:
                query = point.expand(num_samples * m, 1, -1)
                drawn = self.network(inputs, outcomes, query).sample(torch.Size(), generator)
                inputs = torch.cat([inputs, query], dim=1)
                outcomes = torch.cat([outcomes, drawn], dim=1)
        return outcomes[:, len(self.X) :].reshape(num_samples, m, -1).mT

    def given(self, X: Tensor, Y: Tensor) -> Self:
        """With more rows: `q x D` inputs and `q x m` outcomes."""
        return replace(self, X=torch.cat([self.X, X]).detach(), Y=torch.cat([self.Y, Y]).detach())

    def subset(self, outcomes: Sequence[int]) -> Self:
        """Of some outcomes only."""
        noise = None if self.known_noise is None else self.known_noise[list(outcomes)]
        return replace(self, Y=self.Y[:, list(outcomes)], known_noise=noise)
