"""Surrogates of a function of design and random environment, and of its mean over the environment."""
