"""Manifolds known only by points: tangent spaces, parallel transport, Laplacians, fields on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.geometry.differentials import Differentials as Differentials
    from augury.geometry.extension import extend as extend
    from augury.geometry.orientation import normals as normals
    from augury.geometry.pictures import quiver as quiver
    from augury.geometry.smooth_fields import diffuse as diffuse
    from augury.geometry.smooth_fields import random_field as random_field
    from augury.geometry.spectrum import Eigenmaps as Eigenmaps
    from augury.geometry.spectrum import eigenmaps as eigenmaps
    from augury.geometry.tangent_bundle import GeometryWarning as GeometryWarning
    from augury.geometry.tangent_bundle import TangentBundle as TangentBundle
    from augury.geometry.thinning import farthest_points as farthest_points

_ATTRIBUTES = {
    "Differentials": "augury.geometry.differentials",
    "Eigenmaps": "augury.geometry.spectrum",
    "GeometryWarning": "augury.geometry.tangent_bundle",
    "TangentBundle": "augury.geometry.tangent_bundle",
    "diffuse": "augury.geometry.smooth_fields",
    "eigenmaps": "augury.geometry.spectrum",
    "extend": "augury.geometry.extension",
    "farthest_points": "augury.geometry.thinning",
    "normals": "augury.geometry.orientation",
    "quiver": "augury.geometry.pictures",
    "random_field": "augury.geometry.smooth_fields",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
