"""Normal random directions: independent or orthogonal, alone or in antithetic pairs."""

from __future__ import annotations

import torch
from torch import Tensor


def gaussian_directions(
    count: int, dim: int, generator: torch.Generator, *, orthogonal: bool = True, antithetic: bool = True
) -> Tensor:
    """`count x dim` vectors, each `N(0, I)`.

    Args:
        count: number of vectors.
        dim: their length.
        generator: of the random numbers.
        orthogonal: those of a block of `dim` are orthogonal, of independent chi-distributed norms (Yu et al.
            2016); each alone is normal as before.
        antithetic: the odd rows are those before them with the opposite sign.
    """
    needed = (count + 1) // 2 if antithetic else count
    if orthogonal:
        blocks = -(-needed // dim)
        normal = torch.randn(blocks, dim, dim, dtype=torch.float64, generator=generator)
        # the factor with a positive diagonal is uniformly distributed over the orthogonal matrices
        basis, triangle = torch.linalg.qr(normal)
        basis = basis * triangle.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
        norms = torch.randn(blocks, dim, dim, dtype=torch.float64, generator=generator).norm(dim=-1)
        rows = (basis.mT * norms.unsqueeze(-1)).reshape(-1, dim)[:needed]
    else:
        rows = torch.randn(needed, dim, dtype=torch.float64, generator=generator)
    if not antithetic:
        return rows
    return torch.stack([rows, -rows], dim=1).reshape(-1, dim)[:count]


def allocate(shares: Tensor, count: int) -> Tensor:
    """How many of `count` features each term gets, in proportion to its share (largest remainders), none
    less than one; `count` is raised to the number of terms where it is smaller.

    Args:
        shares: `K` positive numbers.
        count: number of features.

    Returns:
        `K` integers that add up to `max(count, K)`.
    """
    terms = len(shares)
    spare = max(count - terms, 0)
    exact = shares / shares.sum() * spare
    whole = exact.floor().long()
    rest = spare - int(whole.sum())
    whole[(exact - whole).argsort(descending=True, stable=True)[:rest]] += 1
    return whole + 1
