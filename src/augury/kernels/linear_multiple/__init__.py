"""Non-negative combinations of many fixed kernels, and the factors their weights are learnt with."""
