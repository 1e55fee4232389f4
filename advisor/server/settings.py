"""Every setting of the service, from the environment."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Milliseconds, more than none.
Milliseconds = Annotated[int, Field(gt=0, le=60_000)]


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class DurabilityDemand(StrEnum):
    """What every write must reach before it is answered."""

    MEMORY = "memory"
    DISK = "disk"
    REPLICA = "replica"


#: Days, at least one.
Days = Annotated[int, Field(gt=0, le=36_500)]


class Settings(BaseSettings):
    """The settings, each an environment variable `ADVISOR_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="ADVISOR_", frozen=True, extra="forbid")

    listen: str = Field(
        default="127.0.0.1:50051",
        description="Where gRPC is served: host and port, or unix:PATH. Only loopback is allowed"
        " until TLS and identity exist; port 0 takes a free one.",
    )
    metrics_listen: str = Field(
        default="127.0.0.1:9464",
        description="Where Prometheus metrics are served: loopback host and port; empty serves"
        " none.",
    )
    rules: Path = Field(
        default=Path("rules"), description="The folder of the rule pack that decides."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="The Redis or Valkey to use: one server (`redis://`, `rediss://`, `unix://`),"
        " Sentinels (`redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB`) or a cluster"
        " (`redis+cluster://HOST:PORT,HOST:PORT`). Without it an embedded server keeps its data in"
        " `ADVISOR_DATA`.",
    )
    data: Path = Field(
        default=Path("data"),
        description="The folder in which the embedded server keeps its data; no two services can"
        " share one.",
    )
    hmac_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="The key with which customer ids become keys of the store; the same for every"
        " replica, and never changed while records are kept. Needed with `ADVISOR_REDIS_URL`;"
        " with the embedded server one is made and kept beside its data.",
    )
    durability: DurabilityDemand | None = Field(
        default=None,
        description="What a write must have reached before it is answered with OK: `memory` of the"
        " server, its synced `disk`, or a `replica`. Less is UNAVAILABLE, and the same request"
        " again settles it. Without it: `disk` with the embedded server, else `memory`.",
    )
    durability_replicas: int = Field(
        default=1,
        gt=0,
        le=8,
        description="How many replicas must have a write where `ADVISOR_DURABILITY` is `replica`.",
    )
    journal: Path | None = Field(
        default=None,
        description="The folder of the change journal, from which `advisor restore` rebuilds what"
        " Redis has lost. Without it: `journal` in `ADVISOR_DATA` with the embedded server, else"
        " none.",
    )
    profile_days: Days = Field(
        default=30, description="How long a profile is kept after its last change."
    )
    memory_days: Days = Field(
        default=730,
        description="How long contacts, ledger, facts and signals of a customer are kept after the"
        " last change. Suppressions and consents are kept for ever.",
    )
    decision_days: Days = Field(
        default=90, description="How long a decision can be explained with all that it knew."
    )
    outcome_days: Days = Field(default=90, description="How long an outcome can be corrected.")
    reference_days: Days = Field(
        default=30, description="How long a customer can quote a call's reference."
    )
    idempotency_days: Days = Field(
        default=7,
        description="How long the same outcome or signal can be sent again without a second"
        " effect.",
    )
    number_days: Days = Field(
        default=40, description="How long a contact counts for the telephone number itself."
    )
    settle_minutes: int = Field(
        default=60,
        gt=0,
        le=10_080,
        description="After how long a call without an outcome is settled as an attempt of which"
        " nobody knows how it ended.",
    )
    namespace: str = Field(
        default="advisor",
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=64,
        description="The first part of every key in the store, so that services of different"
        " companies can share one.",
    )
    clock_start: AwareDatetime | None = Field(
        default=None,
        description="The instant at which the service's clock starts, with its offset from UTC;"
        " for demonstrations and tests only. Without it the clock is the machine's.",
    )
    reflection: bool = Field(
        default=False,
        description="Whether clients may ask the service for its contract (gRPC reflection).",
    )
    log_format: LogFormat = Field(
        default=LogFormat.AUTO,
        description="`json`, `console`, or `auto`: console on a terminal, JSON elsewhere.",
    )
    max_concurrent_calls: int = Field(
        default=256,
        gt=0,
        le=100_000,
        description="Requests answered at once; one more is refused with RESOURCE_EXHAUSTED.",
    )
    max_streams: int = Field(
        default=1_024,
        gt=0,
        le=100_000,
        description="Streams held open at once (`GuideCall`, `WatchGuidance`); one more is refused"
        " with RESOURCE_EXHAUSTED.",
    )
    heartbeat_ms: Milliseconds = Field(
        default=10_000,
        description="About how often a stream of `WatchGuidance` gives a sign of life; less than"
        " after what a proxy between cuts a silent stream.",
    )
    max_message_bytes: int = Field(
        default=4 * 1024 * 1024,
        ge=1024,
        le=64 * 1024 * 1024,
        description="Bytes of the largest request; a larger one is refused with"
        " RESOURCE_EXHAUSTED.",
    )
    advise_deadline_ms: Milliseconds = Field(
        default=150, description="Deadline of `Advise` where the caller sets none."
    )
    deadline_ms: Milliseconds = Field(
        default=2_000, description="Deadline of other calls where the caller sets none."
    )
    workbench_deadline_ms: Milliseconds = Field(
        default=30_000,
        description="Deadline of `CheckPack` and `EvaluatePack` where the caller sets none.",
    )
    import_deadline_ms: Milliseconds = Field(
        default=30_000, description="Deadline of `ImportCustomers` where the caller sets none."
    )
    store_budget_ms: Milliseconds = Field(
        default=30, description="The part of the deadline of `Advise` that the store may use."
    )
    drain_ms: Milliseconds = Field(
        default=10_000,
        description="How long calls in progress may take after the service was told to stop.",
    )
