"""What the file system under a store can do."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "coda",
        "davfs",
        "glusterfs",
    }
    | {"gpfs", "lustre", "ocfs2", "panfs", "pvfs2", "wekafs"}
    | {f"fuse.{name}" for name in ("ceph", "davfs", "glusterfs", "juicefs", "rclone", "s3fs", "sshfs")}
)


def file_system_type(directory: Path) -> str:
    """The type of the file system that holds `directory` ("ext4", "nfs4"); "" where it cannot be known."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    directory = directory.resolve()
    best_length, best_type = -1, ""
    for line in mounts.splitlines():
        _, mount_point, kind, *_ = line.split(" ")
        point = Path(mount_point.encode().decode("unicode_escape"))  # a space is written \040
        # A later mount on the same point hides the earlier one, hence >=.
        if directory.is_relative_to(point) and len(point.parts) >= best_length:
            best_length, best_type = len(point.parts), kind
    return best_type


def is_network_file_system(directory: Path) -> bool:
    """Whether several machines may see `directory`, on which SQLite's locks cannot be trusted."""
    return file_system_type(directory) in NETWORK_FILE_SYSTEMS


def write_ahead_log_works(directory: Path) -> bool:
    """Tries SQLite's write-ahead log with a real write in `directory`.

    Some file systems accept the setting and then fail at the first write, for want of shared memory.

    Raises:
        sqlite3.Error, OSError: nothing can be written there at all.
    """
    with tempfile.TemporaryDirectory(prefix=".augury-", dir=directory) as folder:
        path = Path(folder) / "probe.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("CREATE TABLE probe (written INTEGER)")
            try:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                connection.execute("INSERT INTO probe VALUES (1)")
                with closing(sqlite3.connect(path)) as reader:
                    written = reader.execute("SELECT written FROM probe").fetchone()
            except sqlite3.OperationalError:
                return False
        return bool(mode == "wal" and written == (1,))
