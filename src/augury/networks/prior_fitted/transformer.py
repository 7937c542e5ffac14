"""The prior-fitted network: a transformer from a data set and new inputs to distributions of new outcomes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import log, log1p
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.prior_fitted.attention import ContextBlock
from augury.networks.prior_fitted.kernel_experts import FUNCTIONS, TABLES, ExpertState, KernelExperts
from augury.networks.prior_fitted.opinions import Opinions
from augury.numerics.bar_distribution import BarDistribution
from augury.numerics.buckets import mixture_bucket_masses

_SPREAD = 12.0**0.5  # a uniform number of the unit interval then has variance 1
_LEAST_MASS = 1e-9  # of a bucket in what the experts say
_OUTLIER_MASS, _OUTLIER_DEVIATION = 2e-3, 1.5  # of a broad normal beside them, in deviations of the context
_EXPERT_SHARE = 0.01  # of what the experts say, in the prediction
_LEAST_SHARE = 0.02  # of a class in what the experts say
_LEAST_SCALE = 1e-150


@dataclass(frozen=True)
class TransformerShape:
    """The size of a prior-fitted network, and what it is given.

    Args:
        dim: number of inputs at most; fewer are padded with zeros.
        num_bars: buckets of the predicted distribution.
        width: of the tokens.
        layers: number of blocks.
        heads: of each attention.
        hidden: units between a block's dense layers.
        experts: whether tokens carry the predictions of a bank of Gaussian processes, of which the network
            is then a correction.
        sampled: whether the bank has experts with sampled hyperparameters (`SampledExperts`).
        standardize: whether outcomes are standardised by the context's mean and deviation; otherwise they
            are on the prior's scale.
        classes: 0 for regression, 2 for two classes.
    """

    dim: int
    num_bars: int = 100
    width: int = 64
    layers: int = 4
    heads: int = 4
    hidden: int = 128
    experts: bool = False
    sampled: bool = False
    standardize: bool = False
    classes: int = 0

    def __post_init__(self) -> None:
        for name, least in (("dim", 1), ("num_bars", 3), ("width", 1), ("layers", 1), ("heads", 1)):
            if getattr(self, name) < least:
                raise InvalidInputError(f"{name} must be at least {least}; given {getattr(self, name)}")
        if self.classes not in (0, 2):
            raise InvalidInputError(f"classes must be 0 (regression) or 2; given {self.classes}")
        if self.sampled and not self.experts:
            raise InvalidInputError(
                "sampled=True needs experts=True: they begin at the likeliest of the bank"
            )
        if self.width % self.heads:
            raise InvalidInputError(f"{self.heads} heads do not divide a width of {self.width}")

    def as_dict(self) -> dict[str, Any]:
        """The arguments."""
        return asdict(self)


@dataclass(frozen=True)
class Context:
    """A batch of data sets as the network remembers them.

    Args:
        pairs: keys and values of each block.
        loc: `B` locations of the outcomes.
        scale: `B` scales.
        experts: what the bank of Gaussian processes knows, where there is one.
    """

    pairs: list[tuple[Tensor, Tensor]]
    loc: Tensor
    scale: Tensor
    experts: ExpertState | None


@final
class PriorFittedTransformer(nn.Module):
    r"""Predicts new outcomes of a data set in one pass.

    Tokens are rows: inputs and outcome of the context, inputs alone of a query. Every token attends to all
    context rows, a query also to itself, none to another query; there is no positional encoding, so the
    prediction does not depend on the order of the rows.

    Args:
        shape: sizes.
        borders: `num_bars + 1` of the predicted distribution; equally spaced where None, until fitted.
        seed: of the initial weights.

    Source: Müller et al. (2022). Pre-norm blocks, attention with a learnt distance term, and the experts'
    predictions are not in the paper.
    """

    borders: Tensor

    def __init__(self, shape: TransformerShape, borders: Tensor | None = None, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        grid = TABLES if shape.classes else FUNCTIONS
        self.bank = KernelExperts(grid, shape.sampled) if shape.experts else None
        features = 0 if self.bank is None else self.bank.num_features
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.row = _dense(shape.dim + 1 + max(shape.classes, 1) + features, shape.width)
            self.query = _dense(shape.dim + 1 + features, shape.width)
            self.blocks = nn.ModuleList(
                ContextBlock(shape.width, shape.heads, shape.hidden) for _ in range(shape.layers)
            )
            outputs = shape.classes or shape.num_bars + 1
            last = nn.Linear(shape.hidden, outputs)
            first = nn.Linear(shape.width, shape.hidden)
            self.head = nn.Sequential(nn.LayerNorm(shape.width), first, nn.GELU(), last)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        if borders is None:
            borders = torch.linspace(-3.0, 3.0, shape.num_bars + 1)
        self.register_buffer("borders", borders.to(torch.float64))

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return next(self.parameters()).dtype

    # -- the context -------------------------------------------------------------------------------------

    def read(self, X: Tensor, y: Tensor) -> Context:
        """What predictions need of data sets.

        Args:
            X: `B x n x d` inputs in the unit cube, `n >= 0`, `d <= dim`.
            y: `B x n` outcomes, or integer codes of classes.

        Raises:
            InvalidInputError: more inputs than the network was built for, and no experts to choose among
                them.
        """
        if X.shape[-1] > self.shape.dim and self.bank is None:
            raise InvalidInputError(f"the network takes at most {self.shape.dim} inputs; given {X.shape[-1]}")
        dtype = self.dtype
        loc, scale = self.standardisation(y)
        z = (y - loc.unsqueeze(-1)) / scale.unsqueeze(-1)
        parts, state = [], None
        if self.bank is not None:
            state = self.bank.condition(X, z)
            parts.append(self.bank.left_out(state, z).features.to(dtype))
        if self.shape.classes:
            parts.append(nn.functional.one_hot(y.long(), self.shape.classes).to(dtype))
        else:
            parts.append(z.to(dtype).unsqueeze(-1))
        tokens = self.row(torch.cat([self._padded(X, state, X.shape[1]), *parts], dim=-1))
        positions, pairs = self._positions(X, state), []
        for block in self._blocks():
            tokens, pair = block.context(tokens, positions)
            pairs.append(pair)
        return Context(pairs, loc, scale, state)

    def standardisation(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Location and scale (`B` each) of outcomes (`B x n`): the prior's own, or the context's."""
        if not self.shape.standardize or y.shape[-1] == 0:
            return y.new_zeros(len(y)), y.new_ones(len(y))
        loc = y.mean(-1)
        if y.shape[-1] == 1:
            return loc, torch.ones_like(loc)
        deviation = y.std(-1)
        return loc, torch.where(deviation > _LEAST_SCALE, deviation, torch.ones_like(deviation))

    # -- queries -----------------------------------------------------------------------------------------

    def predict(self, context: Context, X: Tensor) -> tuple[BarDistribution, Tensor]:
        """The distributions of outcomes at `X` (`B x m x d`), and `B x m` variances of their noise."""
        out, opinions, mean, deviation = self._decode(context, X)
        logits, log_noise = out[..., :-1], out[..., -1]
        loc, scale = context.loc.unsqueeze(-1), context.scale.unsqueeze(-1)
        if opinions is not None:
            logits = _corrected(self._said(opinions, mean, deviation).to(logits.dtype), logits)
            assert context.experts is not None
            assert self.bank is not None
            log_noise = log_noise + self.bank.noise_variance(context.experts).log().unsqueeze(-1).to(
                out.dtype
            )
            loc, scale = loc + scale * mean, scale * deviation
        noise = context.scale.square().unsqueeze(-1) * log_noise.exp()
        return BarDistribution(self.borders.to(loc.dtype), logits.to(loc.dtype), loc, scale), noise

    def class_logits(self, context: Context, X: Tensor) -> Tensor:
        """`B x m x classes` logits at `X` (`B x m x d`).

        With experts, a correction of what they, as regressions on the code, take for its expectation.
        """
        logits, opinions, mean, _ = self._decode(context, X)
        if opinions is None:
            return logits
        loc, scale = context.loc.unsqueeze(-1), context.scale.unsqueeze(-1)
        share = (loc + scale * mean).clamp(_LEAST_SHARE, 1.0 - _LEAST_SHARE)
        return logits + torch.stack([1.0 - share, share], dim=-1).log().to(logits.dtype)

    def forward(self, X: Tensor, y: Tensor, X_new: Tensor) -> BarDistribution:
        """The distributions of outcomes at `X_new` (`B x m x d`) given `X` and `y`."""
        return self.predict(self.read(X, y), X_new)[0]

    def _decode(self, context: Context, X: Tensor) -> tuple[Tensor, Opinions | None, Tensor, Tensor]:
        state, opinions = context.experts, None
        parts = [self._padded(X, state, context.pairs[0][0].shape[-2])]
        mean = deviation = X.new_zeros(())
        if self.bank is not None:
            assert state is not None
            advice = self.bank.predict(state, X)
            opinions = advice.opinions
            mean, variance = opinions.moments()
            deviation = variance.sqrt()
            parts.append(advice.features.to(parts[0].dtype))
        tokens, positions = self.query(torch.cat(parts, dim=-1)), self._positions(X, state)
        for block, pair in zip(self._blocks(), context.pairs, strict=True):
            tokens = block(tokens, positions, pair)
        return self.head(tokens), opinions, mean, deviation

    def _blocks(self) -> list[ContextBlock]:
        return [block for block in self.blocks if isinstance(block, ContextBlock)]

    def _said(self, opinions: Opinions, mean: Tensor, deviation: Tensor) -> Tensor:
        """`B x m x K` logarithms of the buckets' masses under the experts' mixture and a broad component."""
        pad = nn.functional.pad  # the broad component, beside the experts
        means = pad(opinions.mean, (0, 1))
        deviations = pad(opinions.variance.sqrt(), (0, 1), value=_OUTLIER_DEVIATION)
        shares = pad((1.0 - _OUTLIER_MASS) * opinions.weights, (0, 1), value=_OUTLIER_MASS)
        at = (means - mean.unsqueeze(-1)) / deviation.unsqueeze(-1)
        spread = deviations / deviation.unsqueeze(-1)
        masses = mixture_bucket_masses(self.borders.to(at.dtype), at, spread, shares.unsqueeze(1))
        return (masses + _LEAST_MASS).log()

    def _positions(self, X: Tensor, state: ExpertState | None) -> Tensor:
        relevance = X.new_ones(len(X), X.shape[-1]) if state is None else state.relevance.to(X.dtype)
        return KernelExperts.positions(X, relevance).to(self.dtype)

    def _padded(self, X: Tensor, state: ExpertState | None, rows: int) -> Tensor:
        """Centred inputs, those of most relevance first, padded with zeros to `dim` or cut there; and how
        many rows the context has, which averages over it do not tell."""
        d = X.shape[-1]
        centred = (X - 0.5) * _SPREAD
        if state is not None:
            relevance = state.relevance.to(X.dtype)
            order = relevance.argsort(dim=-1, descending=True, stable=True)
            factor = relevance.gather(-1, order).clamp_max(3.0).unsqueeze(1)
            centred = centred.gather(-1, order.unsqueeze(1).expand_as(centred)) * factor
        centred = centred[..., : self.shape.dim] * (self.shape.dim / min(d, self.shape.dim)) ** 0.5
        padded = nn.functional.pad(centred, (0, self.shape.dim - centred.shape[-1]))
        count = torch.full_like(X[..., :1], 0.5 * log1p(rows) - 1.0)
        return torch.cat([padded, count], dim=-1).to(self.dtype)


def _corrected(said: Tensor, correction: Tensor) -> Tensor:
    """Log probabilities of what the experts said, corrected; and a little of it as it was, so that no
    correction is far worse than none."""
    corrected = (said + correction).log_softmax(-1) + log(1.0 - _EXPERT_SHARE)
    return torch.logaddexp(corrected, said.log_softmax(-1) + log(_EXPERT_SHARE))


def _dense(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs))
