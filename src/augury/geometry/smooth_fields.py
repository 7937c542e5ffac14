"""Vector fields made smooth by diffusion along the manifold."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import expm_multiply

from augury.errors import InvalidInputError
from augury.geometry.tangent_bundle import TangentBundle


def diffuse(bundle: TangentBundle, vectors: np.ndarray, time: float) -> np.ndarray:
    r"""Vector diffusion that keeps lengths: directions by `exp(-t L_c)`, lengths by `exp(-t L)`.

    Args:
        bundle: the manifold.
        vectors: `n x d` ambient vectors; their tangent parts diffuse.
        time: `t`, in length^2: details shorter than its root vanish.

    Returns:
        `n x d` tangent vectors, each of the length that the lengths about it diffuse to.

    Raises:
        InvalidInputError: a negative time.

    Source: Sharp, Soliman and Crane, "The vector heat method" (2019).
    """
    if not time >= 0.0:
        raise InvalidInputError(f"time must not be negative; given {time:g}")
    local = bundle.to_local(vectors)
    lengths = np.linalg.norm(local, axis=1)
    smoothed = expm_multiply(-time * bundle.connection_laplacian, local.reshape(-1)).reshape(local.shape)
    both = expm_multiply(-time * bundle.laplacian, np.stack([lengths, np.ones_like(lengths)], axis=1))
    wanted = both[:, 0] / both[:, 1]
    now = np.maximum(np.linalg.norm(smoothed, axis=1), np.finfo(float).tiny)
    return bundle.to_ambient(smoothed * (wanted / now)[:, None])


def random_field(bundle: TangentBundle, time: float, seed: int = 0) -> np.ndarray:
    """A smooth random field of unit vectors (`n x d`): tangent noise that has diffused.

    Of unit length everywhere, it has no zeros; where a field must have one, its direction jumps.

    Args:
        bundle: the manifold.
        time: of the diffusion, as in `diffuse`.
        seed: of the noise.
    """
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(len(bundle), bundle.ambient_dim))
    local = bundle.to_local(noise)
    unit = local / np.linalg.norm(local, axis=1, keepdims=True)
    return diffuse(bundle, bundle.to_ambient(unit), time)
