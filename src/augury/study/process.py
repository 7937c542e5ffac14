"""Who holds a lease: a process named so that another process can tell whether it still lives."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from uuid import uuid4


@cache
def host() -> str:
    """A name for this machine's table of processes: host name, boot and process-id namespace.

    Containers may share a host name and reuse process ids, so the name alone would not do.
    """
    return "/".join([socket.gethostname(), _boot_id(), _process_namespace()])


def new_owner() -> str:
    """A name for one run of this process, unique also among the runs of the same process."""
    process_id = os.getpid()
    return "|".join([host(), str(process_id), _start_time(process_id) or "?", uuid4().hex[:8]])


def is_gone(owner: str) -> bool:
    """Whether the process that made `owner` is known to have ended.

    False whenever that cannot be known (another host, or a system without /proc): its leases then end
    when their heartbeat is stale.
    """
    owner_host, process_id, started, _ = owner.split("|")
    if owner_host != host() or started == "?":
        return False
    return _start_time(int(process_id)) != started


def _start_time(process_id: int) -> str | None:
    """Start time of a process in clock ticks since boot; None when there is no such process."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return None
    # The second field, the command in parentheses, may hold spaces; state and start time come after it.
    fields = status.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in ("Z", "X") else started


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "-"


def _process_namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return "-"
