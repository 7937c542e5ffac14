"""Attention by a Gaussian kernel between tokens, in linear time: transformers without softmax."""
