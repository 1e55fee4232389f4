"""From what the driver raises to what the store says; no driver exception goes further."""

from __future__ import annotations

from typing import Final

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    BusyLoadingError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from advisor.store.errors import (
    Reason,
    StoreError,
    StoreFull,
    StoreMisconfigured,
    StoreReadOnly,
    StoreUnavailable,
)

#: What the driver and asyncio may raise for one command.
DRIVER_ERRORS: Final = (RedisError, OSError, EOFError)

#: The first class that fits decides: some are kinds of others.
_BY_CLASS: Final = (
    (
        (
            AuthenticationError,
            AuthenticationWrongNumberOfArgsError,
            AuthorizationError,
            NoPermissionError,
        ),
        Reason.REFUSED,
    ),
    (BusyLoadingError, Reason.LOADING),
    ((RedisTimeoutError, TimeoutError), Reason.TIMEOUT),
    (OutOfMemoryError, Reason.FULL),
    (ReadOnlyError, Reason.READ_ONLY),
    (MovedError, Reason.UNSUITABLE),
    (TryAgainError, Reason.CONTENDED),
    ((RedisConnectionError, OSError, EOFError), Reason.UNREACHABLE),
)
#: First words of answers that the driver gives no class of their own, also from inside a script.
_BY_CODE: Final = {
    "BUSY": Reason.TIMEOUT,
    "CLUSTERDOWN": Reason.UNREACHABLE,
    "LOADING": Reason.LOADING,
    "MASTERDOWN": Reason.UNREACHABLE,
    "MISCONF": Reason.NOT_PERSISTING,
    "NOAUTH": Reason.REFUSED,
    "NOPERM": Reason.REFUSED,
    "NOREPLICAS": Reason.NO_REPLICAS,
    "OOM": Reason.FULL,
    "READONLY": Reason.READ_ONLY,
    # The server became a replica while a write waited to be confirmed.
    "UNBLOCKED": Reason.UNREACHABLE,
    "WRONGPASS": Reason.REFUSED,
}
_SENTENCES: Final = {
    Reason.CONTENDED: "The cluster is moving this part of the data to another server.",
    Reason.FULL: "Redis has reached its memory limit (maxmemory) and evicts nothing. Raise the"
    " limit, or find out what filled it.",
    Reason.LOADING: "Redis is reading its data after a start.",
    Reason.NO_REPLICAS: "Redis has fewer replicas in reach than min-replicas-to-write demands.",
    Reason.NOT_PERSISTING: "Redis cannot write to its disk and takes no writes. Is it full?",
    Reason.OTHER: "Redis answered with an error",
    Reason.READ_ONLY: "Redis is a replica and takes no writes: a failover is under way, or the URL"
    " names a replica.",
    Reason.REFUSED: "Redis refuses this service. Check the user name, password and rights (ACL)"
    " in the URL's account",
    Reason.TIMEOUT: "Redis did not answer in time.",
    Reason.UNREACHABLE: "Redis cannot be reached",
    Reason.UNSUITABLE: "The Redis URL names one server of a cluster. Begin it with redis+cluster://.",
}

#: Failures that the next call would meet too, so that it need not try.
LASTING: Final = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.LOADING})


def translated(error: Exception) -> StoreError:
    """Say in the store's own errors what a driver's exception means.

    The text of an unknown answer is not repeated: it may quote what was sent.
    """
    reason = _reason(error)
    sentence = _SENTENCES[reason]
    match reason:
        case Reason.FULL:
            return StoreFull(sentence, reason=reason)
        case Reason.READ_ONLY:
            return StoreReadOnly(sentence, reason=reason)
        case Reason.UNSUITABLE:
            return StoreMisconfigured(sentence, reason=reason)
        case Reason.REFUSED:
            return StoreMisconfigured(f"{sentence} ({_code(error)}).", reason=reason)
        case Reason.OTHER | Reason.UNREACHABLE:
            return StoreUnavailable(f"{sentence} ({_code(error)}).", reason=reason)
        case _:
            return StoreUnavailable(sentence, reason=reason)


def _reason(error: BaseException) -> Reason:
    if type(error) is RedisConnectionError and isinstance(error.__cause__, RedisError):
        # Refused in the handshake: the driver wraps what the server said.
        return _reason(error.__cause__)
    if isinstance(error.__context__, ReadOnlyError):
        # The driver's word for a primary of Sentinels that no longer is one.
        return Reason.READ_ONLY
    by_class = (reason for kinds, reason in _BY_CLASS if isinstance(error, kinds))
    return next(by_class, _BY_CODE.get(_code(error), Reason.OTHER))


def _code(error: BaseException) -> str:
    """Give an answer's first word where it is a code (WRONGTYPE), else the exception's class."""
    first = str(error).partition(" ")[0]
    return first if first.isascii() and first.isupper() else type(error).__name__
