"""Compression of networks: layers as products whose ranks are ordered in training, then cut to a budget."""
