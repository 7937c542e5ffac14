"""What the dashboard refuses, beside what augury itself refuses."""

from __future__ import annotations

from augury.errors import AuguryError, InvalidInputError


class UnknownError(InvalidInputError):
    """There is no such study, trial or page."""


class ForbiddenError(AuguryError):
    """The dashboard was started without the permission that this needs."""


class TooLargeError(InvalidInputError):
    """A request that is larger than the dashboard reads."""
