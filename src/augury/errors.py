"""The errors augury raises for what a user can put right; each message says what was given, what is
allowed and what to do."""

from __future__ import annotations


class AuguryError(Exception):
    """Base of every error meant for the user; the command line prints it as one line and exits with 2."""


class InvalidInputError(AuguryError, ValueError):
    """A value, shape, bound, name or file that augury cannot accept where it entered."""


class NotSupportedError(AuguryError, NotImplementedError):
    """A request that is well-formed but that this version (or this model) cannot serve."""


class StoreError(AuguryError, RuntimeError):
    """The store cannot be read or written; what it already holds is unchanged."""
