"""Sound as an image: the log-mel spectrogram."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class LogMelMap(nn.Module):
    r"""Waveforms as images of one channel, time by frequency, for an encoder of images.

    .. math:: y_{tm} = \log\bigl(\textstyle\sum_f F_{mf} |\mathrm{STFT}(x)_{ft}|^2 + \epsilon\bigr)

    with triangular filters `F`, equally spaced on the mel scale `2595 log10(1 + f / 700)`, each of height 1.

    Args:
        sample_rate: samples a second.
        window: samples a frame (Hann window, Fourier transform of the same length).
        hop: samples from frame to frame.
        mels: number of frequency bands `M`.
        low: lowest frequency in Hz.
        high: highest frequency in Hz; by default half the sample rate.
        eps: power of silence.
        device: of the filters.
        dtype: of the filters; waveforms must have the same.

    Raises:
        InvalidInputError: frequencies out of order or above half the sample rate, or so many bands that one
            holds no frequency of the transform.
    """

    frame: Tensor
    filters: Tensor

    def __init__(
        self,
        sample_rate: float,
        window: int = 400,
        hop: int = 160,
        mels: int = 64,
        low: float = 0.0,
        high: float | None = None,
        eps: float = 1e-10,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        high = sample_rate / 2 if high is None else high
        if not 0 <= low < high <= sample_rate / 2:
            raise InvalidInputError(
                f"frequencies must be 0 <= low < high <= {sample_rate / 2} (half the sample rate); "
                f"given low={low}, high={high}"
            )
        self.window, self.hop, self.eps = window, hop, eps
        frequencies = torch.linspace(0, sample_rate / 2, window // 2 + 1, dtype=torch.float64, device="cpu")
        scale = torch.linspace(_mel(low), _mel(high), mels + 2, dtype=torch.float64, device="cpu")
        edges = 700 * (10 ** (scale / 2595) - 1)
        rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
        filters = torch.minimum(rising, falling).clamp(min=0)
        if not filters.any(1).all():
            raise InvalidInputError(
                f"{mels} bands are too many for a window of {window} samples at {sample_rate} Hz: a band "
                "holds no frequency; take fewer bands or a longer window"
            )
        self.register_buffer("filters", filters.to(device=device, dtype=dtype))
        self.register_buffer("frame", torch.hann_window(window, device=device, dtype=dtype))

    def forward(self, waveform: Tensor) -> Tensor:
        """`B x 1 x T x M` for `B x samples`, with `T = 1 + samples // hop` frames centred on their samples.

        Raises:
            InvalidInputError: waveforms of another shape, or not longer than half a window.
        """
        if waveform.dim() != 2 or waveform.shape[1] <= self.window // 2:
            raise InvalidInputError(
                f"waveforms are B x samples with more than {self.window // 2} samples; "
                f"given {tuple(waveform.shape)}"
            )
        spectrum = torch.stft(
            waveform, self.window, self.hop, window=self.frame, center=True, return_complex=True
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return (self.filters @ power + self.eps).log().mT.unsqueeze(1)


def _mel(frequency: float) -> float:
    return 2595 * math.log10(1 + frequency / 700)
