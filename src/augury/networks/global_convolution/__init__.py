"""Convolutions as long as the sequence, with kernels of few parameters that decay with the lag."""
