"""The tables of a store."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from augury.study.trial import COMPLETE, FAILED, ORIGINS, STATUSES

metadata = MetaData()

_json = JSON(none_as_null=True)


def _one_of(column: str, allowed: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(
        f"{column} IN ({', '.join(repr(value) for value in allowed)})", name=f"{column}_known"
    )


# One row: the version of the schema that the store holds.
schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# At most one row: the host that coordinates a store on a network file system.
coordinator = Table(
    "coordinator",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host", Text, nullable=False),
    Column("heartbeat", Double, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("space", _json, nullable=False),
    Column("goals", _json, nullable=False),
    Column("settings", _json, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    Column("next_number", Integer, nullable=False, default=0),
    # Counts the changes to the study's trials; each trial carries the count of its own last change, so
    # that a reader fetches only what is new to it.
    Column("revision", BigInteger, nullable=False, default=0),
    Column("state", LargeBinary),
    Column("state_strategy", Text),
)

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("params", _json, nullable=False),
    Column("measured", _json),  # {outcome: [value, standard error or null, {parameter: derivative}?]}
    Column("cost", Double),
    Column("reason", Text),
    Column("transient", Boolean, nullable=False, default=False),
    Column("traceback", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("user_attrs", _json, nullable=False, default=dict),
    Column("prediction", _json),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    # Queued and handed to a person: it waits for their result, and no run takes it.
    Column("handed_out", Boolean, nullable=False, default=False),
    # Running: who evaluates it, and when they last gave a sign of life.
    Column("lease_owner", Text),
    Column("lease_heartbeat", Double),
    # Queued after a transient failure: no run takes it before this time.
    Column("not_before", Double),
    UniqueConstraint("study_id", "number"),
    _one_of("status", STATUSES),
    _one_of("origin", ORIGINS),
    Index("trials_by_revision", "study_id", "revision"),
    Index("trials_by_status", "study_id", "status"),
    Index("trials_by_lease", "lease_owner"),
)

replicates = Table(
    "replicates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trial_id", ForeignKey("trials.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("measured", _json),
    Column("reason", Text),
    Column("traceback", Text),
    Column("told", Double, nullable=False),
    Column("cost", Double),
    _one_of("status", (COMPLETE, FAILED)),
)

# What a trial reported on its way; the value is null where it was not finite.
reports = Table(
    "reports",
    metadata,
    Column("trial_id", ForeignKey("trials.id", ondelete="CASCADE"), primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Double),
)
