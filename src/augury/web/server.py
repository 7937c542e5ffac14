"""Listens for the browser, on this machine alone unless told otherwise."""

from __future__ import annotations

import gc
import ipaddress
import os
import secrets
import socket
from collections.abc import Callable, Collection

import uvicorn

from augury.errors import InvalidInputError
from augury.study.store import Store
from augury.web.access import LOOPBACK_NAMES, Access
from augury.web.app import make_app

TOKEN_VARIABLE = "AUGURY_TOKEN"  # noqa: S105 - a name

_GC = (10_000, 10, 100)
"""Seldom: to look through 10,000 trials for garbage takes 0.2 s, in which nobody is answered."""


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can connect to `host`."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def access_for(host: str, names: Collection[str] = ()) -> Access:
    """The rules for a dashboard that listens at `host`.

    Elsewhere than on loopback the token is that of the variable `AUGURY_TOKEN`, else a new random one.

    Args:
        host: name or address.
        names: further names by which it may be called.

    Raises:
        InvalidInputError: the token in the variable is too short.
    """
    token = os.environ.get(TOKEN_VARIABLE) or None
    if is_loopback(host):
        return Access(token, names)
    own = {host, socket.gethostname(), socket.getfqdn(), *names}
    return Access(token or secrets.token_hex(24), own, any_address=True)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        InvalidInputError: the port is taken, or the host is not of this machine.
    """
    if not host.strip():  # which would be every address of the machine
        raise InvalidInputError("--host needs a name or an address, such as 127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError, TypeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(
            f"cannot listen at {host}, port {port}: {reason}; choose others with --host and --port"
        ) from None


def address(host: str, port: int, access: Access) -> str:
    """What to type into the browser."""
    shown = "localhost" if is_loopback(host) else socket.gethostname() if _is_every(host) else host
    name = f"[{shown}]" if ":" in shown else shown
    return f"http://{name}:{port}/" + (f"?token={access.token}" if access.token else "")


def serve(
    store: Store | None,
    *,
    host: str,
    port: int,
    names: Collection[str] = (),
    write: bool = False,
    ready: Callable[[str], object] = lambda url: None,
) -> None:
    """Serve the dashboard until Ctrl-C.

    Args:
        store: whose studies it shows; None for the spreadsheet page alone.
        host: name or address to listen at.
        port: 0 for any that is free.
        names: further host names by which it may be called.
        write: whether results may be told and experiments asked for.
        ready: called with the address when it listens.

    Raises:
        InvalidInputError: it cannot listen there.
    """
    access = access_for(host, names)
    gc.set_threshold(*_GC)
    with listen(host, port) as listening:
        app = make_app(store, access, write=write, ended=lambda: running.should_exit)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
            lifespan="off",
            ws="none",
        )
        running = uvicorn.Server(config)
        ready(address(host, listening.getsockname()[1], access))
        running.run(sockets=[listening])


def _is_every(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
