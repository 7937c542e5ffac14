"""Encoders of images, fields, signals, video and point clouds: large kernels and structured mixing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.networks.encoders.audio import LogMelMap as LogMelMap
    from augury.networks.encoders.checkpoint import load_checkpoint as load_checkpoint
    from augury.networks.encoders.dilated_reparam import DilatedReparamConv as DilatedReparamConv
    from augury.networks.encoders.inception_mixer import InceptionDWConv1d as InceptionDWConv1d
    from augury.networks.encoders.inception_mixer import InceptionDWConv2d as InceptionDWConv2d
    from augury.networks.encoders.inception_next import InceptionNeXt as InceptionNeXt
    from augury.networks.encoders.metanext_block import MetaNeXtBlock as MetaNeXtBlock
    from augury.networks.encoders.named import named_encoder as named_encoder
    from augury.networks.encoders.points import PointViews as PointViews
    from augury.networks.encoders.series import SeriesMap as SeriesMap
    from augury.networks.encoders.series import SeriesStandardization as SeriesStandardization
    from augury.networks.encoders.unireplknet import UniRepLKNet as UniRepLKNet
    from augury.networks.encoders.unireplknet_block import UniRepLKNetBlock as UniRepLKNetBlock
    from augury.networks.encoders.video import video_to_map as video_to_map

_ATTRIBUTES = {
    "UniRepLKNet": "augury.networks.encoders.unireplknet",
    "UniRepLKNetBlock": "augury.networks.encoders.unireplknet_block",
    "DilatedReparamConv": "augury.networks.encoders.dilated_reparam",
    "InceptionNeXt": "augury.networks.encoders.inception_next",
    "MetaNeXtBlock": "augury.networks.encoders.metanext_block",
    "InceptionDWConv1d": "augury.networks.encoders.inception_mixer",
    "InceptionDWConv2d": "augury.networks.encoders.inception_mixer",
    "load_checkpoint": "augury.networks.encoders.checkpoint",
    "LogMelMap": "augury.networks.encoders.audio",
    "SeriesMap": "augury.networks.encoders.series",
    "SeriesStandardization": "augury.networks.encoders.series",
    "video_to_map": "augury.networks.encoders.video",
    "named_encoder": "augury.networks.encoders.named",
    "PointViews": "augury.networks.encoders.points",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
