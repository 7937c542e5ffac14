"""Child processes that can be interrupted, wherever the tests run."""

from __future__ import annotations

import signal


def heed_interrupts() -> None:
    """For `Popen(preexec_fn=...)`: a job in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
