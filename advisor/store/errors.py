"""What can go wrong between the service and its store; no driver exception leaves the store."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why the store could not answer, as metrics and log lines name it."""

    #: No answer within the budget; a write may or may not have happened.
    TIMEOUT = "timeout"
    #: No connection could be made, or it broke; a write may or may not have happened.
    UNREACHABLE = "unreachable"
    #: The store failed moments ago and is not asked again until a probe succeeds.
    BREAKER_OPEN = "breaker_open"
    #: The server reads its data after a start.
    LOADING = "loading"
    #: The server's memory limit is reached and nothing may be evicted.
    FULL = "full"
    #: The server is a replica: a failover is under way, or the URL names the wrong server.
    READ_ONLY = "read_only"
    #: The server cannot write its append-only file (disk full?).
    NOT_PERSISTING = "not_persisting"
    #: Too few replicas to accept a write.
    NO_REPLICAS = "no_replicas"
    #: The server refuses our name, password, certificate, command or key.
    REFUSED = "refused"
    #: The server is not one this service may use: its version, policy or layout.
    UNSUITABLE = "unsuitable"
    #: Others changed the same record again and again, or a cluster moves it; nothing was written.
    CONTENDED = "contended"
    #: The record is there and this version cannot read it: newer, or damaged.
    UNREADABLE = "unreadable"
    #: Written, and not confirmed as far as the setting demands; the same id again settles it.
    NOT_DURABLE = "not_durable"
    #: What was stored is gone or older than it was: the state is unknown, not empty.
    LOST = "lost"
    #: The same id came before with other content.
    ID_REUSED = "id_reused"
    #: The server answered with an error this version does not know.
    OTHER = "other"


class StoreError(Exception):
    """Anything the store could not do."""

    def __init__(self, message: str, *, reason: Reason = Reason.OTHER) -> None:
        """Keep the reason beside the message.

        Args:
            message: What happened and where, without personal data.
            reason: The kind of failure, for metrics and for the answer.
        """
        super().__init__(message)
        self.reason = reason


class StoreUnavailable(StoreError):
    """The store cannot answer now; the same request tried again later may succeed.

    Whether a write happened is unknown for TIMEOUT and UNREACHABLE, and no for all others.
    """


class StoreLost(StoreUnavailable):
    """What was stored is gone or older than this process has seen it; nothing was written."""


class IdReused(StoreError):
    """An outcome or a signal came with an id that another one has; nothing was written."""


class StoreFull(StoreUnavailable):
    """The server's memory limit is reached; reads go on, writes do not."""


class StoreReadOnly(StoreUnavailable):
    """The server is a replica and takes no writes."""


class StoreMisconfigured(StoreError):
    """The store cannot be used until an operator changes something; the message says what."""


class RecordUnreadable(StoreError):
    """A stored record is of a newer version than this service, or damaged; it is left alone."""


class EmbeddedServerError(StoreError):
    """The embedded server could not be used."""


class ServerNotFound(EmbeddedServerError):
    """No server binary on this machine; the message says what to install."""


class DataFolderInUse(EmbeddedServerError):
    """Another service, or its dying server, holds the data folder."""


class DataFolderUnusable(EmbeddedServerError):
    """The data folder cannot be written, or holds data that would be silently left out."""


class ServerFailed(EmbeddedServerError):
    """The server ended, or did not become ready in time."""


class AppendOnlyFileDamaged(ServerFailed):
    """The server refuses its append-only file; starting it again would not help."""
