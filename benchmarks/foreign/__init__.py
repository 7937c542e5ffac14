"""Peers that are no dependency of this project and live in environments of their own.

Whole optimisers ask and tell as JSON lines (`protocol`); the others are scripts, called with files or lines.
"""
