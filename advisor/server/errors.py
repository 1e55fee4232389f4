"""What the service refuses, and how a refusal looks on the wire.

Every refusal carries a `google.rpc.ErrorInfo` with a stable reason; each other detail appears at
most once. Texts are for the person who can act, and repeat nothing that a caller sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from advisor.server.validation import Violation
from advisor.store.errors import IdReused, RecordUnreadable, StoreError, StoreMisconfigured

#: The domain of every reason.
DOMAIN: Final = "advisor"

#: When a request that the store could not answer may be worth sending again.
STORE_RETRY_AFTER: Final = timedelta(seconds=1)

#: Bytes of field violations in one answer. Details travel in the trailers, base64 as one header;
#: from 8 KiB on a peer may drop the whole answer.
MAX_VIOLATION_BYTES: Final = 4_500


class ErrorReason(StrEnum):
    """Why a request was refused; stable, for programs."""

    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_PURPOSE = "UNKNOWN_PURPOSE"
    UNKNOWN_BRAND = "UNKNOWN_BRAND"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    TOO_MANY_CALLS = "TOO_MANY_CALLS"
    UNKNOWN_CALL = "UNKNOWN_CALL"
    TOO_MANY_EVENTS = "TOO_MANY_EVENTS"
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS"
    UNKNOWN_DECISION = "UNKNOWN_DECISION"
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE"
    UNKNOWN_RULE = "UNKNOWN_RULE"
    UNKNOWN_PROMISE = "UNKNOWN_PROMISE"
    PROMISE_SETTLED = "PROMISE_SETTLED"
    TOO_MANY_PROMISES = "TOO_MANY_PROMISES"
    CANNOT_BE_KEPT = "CANNOT_BE_KEPT"
    CLAIM_ENDED = "CLAIM_ENDED"
    OTHER_PACK = "OTHER_PACK"
    OUTCOME_EXISTS = "OUTCOME_EXISTS"
    ID_REUSED = "ID_REUSED"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    STORE_MISCONFIGURED = "STORE_MISCONFIGURED"
    RECORD_UNREADABLE = "RECORD_UNREADABLE"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Refusal(Exception):
    """A request that the service answers with a status other than OK.

    Attributes:
        code: The status.
        reason: The stable reason.
        message: One or two plain sentences.
        details: Further details of the status, each type at most once.
        metadata: Every part of the message that varies, by name.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: ErrorReason,
        message: str,
        *,
        details: Iterable[Message] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is refused and why."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = tuple(details)
        self.metadata = dict(metadata or {})

    def status(self) -> status_pb2.Status:
        """Return it as `google.rpc.Status`."""
        info = error_details_pb2.ErrorInfo(
            reason=self.reason, domain=DOMAIN, metadata=self.metadata
        )
        return status_pb2.Status(
            code=self.code.value[0],
            message=self.message,
            details=[_packed(detail) for detail in (info, *self.details)],
        )


def malformed() -> Refusal:
    """Refuse bytes that are not a message of the contract."""
    return Refusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        ErrorReason.MALFORMED_REQUEST,
        "The request is not a message of this method. Encode it as the contract says.",
        details=[
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        description="the bytes are not a message of the contract"
                    )
                ]
            )
        ],
    )


def invalid(violations: list[Violation]) -> Refusal:
    """Refuse a message that breaks limits of the contract; every breach is named."""
    bad_request = error_details_pb2.BadRequest()
    room = MAX_VIOLATION_BYTES
    for index, violation in enumerate(violations):
        room -= len(violation.path.encode()) + len(violation.description) + 8
        if room < 0:
            bad_request.field_violations.add(
                description=f"and {len(violations) - index} more violations"
            )
            break
        bad_request.field_violations.add(field=violation.path, description=violation.description)
    count = len(violations)
    return Refusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        ErrorReason.INVALID_REQUEST,
        f"The request breaks the contract in {count} {'place' if count == 1 else 'places'}.",
        details=[bad_request],
        metadata={"violations": str(count)},
    )


def not_found(reason: ErrorReason, resource_type: str, name: str, advice: str) -> Refusal:
    """Refuse a name that stands for nothing.

    Args:
        reason: Which kind of thing is unknown.
        resource_type: The kind of thing, in the contract's words.
        name: Its name as sent; leave it empty where it would say who somebody is.
        advice: What to do, as a sentence.
    """
    return Refusal(
        grpc.StatusCode.NOT_FOUND,
        reason,
        f"There is no such {resource_type}. {advice}",
        details=[error_details_pb2.ResourceInfo(resource_type=resource_type, resource_name=name)],
    )


def store_unavailable(why: str, *, retry_after: timedelta) -> Refusal:
    """Refuse what needs the store while it cannot answer; nothing is promised to have happened.

    Args:
        why: The store's word for the kind of failure.
        retry_after: When the same request may be worth sending again.
    """
    return Refusal(
        grpc.StatusCode.UNAVAILABLE,
        ErrorReason.STORE_UNAVAILABLE,
        "The store cannot answer now. Send the same request again.",
        details=[_retry(retry_after)],
        metadata={"why": why},
    )


def store_failed(error: StoreError) -> Refusal:
    """Say what a failure of the store means to the caller."""
    if isinstance(error, RecordUnreadable):
        return record_unreadable()
    if isinstance(error, StoreMisconfigured):
        return store_misconfigured(error.reason.value)
    if isinstance(error, IdReused):
        return id_reused()
    return store_unavailable(error.reason.value, retry_after=STORE_RETRY_AFTER)


def unknown_call() -> Refusal:
    """Refuse an event of a call that nobody knows."""
    return not_found(
        ErrorReason.UNKNOWN_CALL,
        "call",
        "",
        "Ask `Advise` about it first, with the same call_id; what a call leaves is kept for a day.",
    )


def too_many_events(limit: int) -> Refusal:
    """Refuse one event more than a call can have."""
    return Refusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        ErrorReason.TOO_MANY_EVENTS,
        f"A call has at most {limit} events, and this one was not kept. Report less of it.",
        metadata={"limit": str(limit)},
    )


def too_many_streams(limit: int, *, retry_after: timedelta) -> Refusal:
    """Refuse one stream more than the service holds open."""
    return Refusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        ErrorReason.TOO_MANY_STREAMS,
        f"The service holds {limit} streams open and has no room. Open it again a little later.",
        details=[_retry(retry_after)],
        metadata={"limit": str(limit)},
    )


def id_reused() -> Refusal:
    """Refuse an id that came before with other content."""
    return Refusal(
        grpc.StatusCode.ALREADY_EXISTS,
        ErrorReason.ID_REUSED,
        "The same id came before with other content, and nothing was changed. Give what is new an"
        " id of its own; an outcome that was wrong is corrected with `corrects`.",
    )


def outcome_exists() -> Refusal:
    """Refuse a second outcome of a call that corrects nothing."""
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.OUTCOME_EXISTS,
        "The call has an outcome already. To correct it, send a new outcome_id with the recorded"
        " one in `corrects`, and the basis.",
    )


def unknown_promise() -> Refusal:
    """Refuse the id of a promise that nobody made, or that has been forgotten."""
    return not_found(
        ErrorReason.UNKNOWN_PROMISE, "promise", "", "ListPromises gives the ids of a customer's."
    )


def promise_settled(state: str) -> Refusal:
    """Refuse to change a promise that is not owed any more.

    Args:
        state: How it was settled.
    """
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.PROMISE_SETTLED,
        "The promise is settled already, and nothing was changed. Make a new one with MakePromise.",
        metadata={"state": state},
    )


def too_many_promises(limit: int) -> Refusal:
    """Refuse to owe one customer more than can be kept apart."""
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.TOO_MANY_PROMISES,
        f"The company owes this customer {limit} calls already. Cancel or move one of them.",
        metadata={"limit": str(limit)},
    )


def cannot_be_kept(reasons: Iterable[tuple[str, str]]) -> Refusal:
    """Refuse a promise for a time at which nobody may ring, or can.

    Args:
        reasons: The code and the words of each reason.
    """
    failure = error_details_pb2.PreconditionFailure()
    for code, text in reasons:
        failure.violations.add(type=code, description=text)
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.CANNOT_BE_KEPT,
        "That time cannot be kept, and nothing was promised. ProposeSlots says why, and which"
        " times can.",
        details=[failure],
    )


def claim_ended() -> Refusal:
    """Refuse the token of a claim that has ended."""
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.CLAIM_ENDED,
        "The claim has ended and somebody else has the promise. Do not ring; claim another.",
    )


def other_pack(version: str) -> Refusal:
    """Refuse to explain by rules that did not decide.

    Args:
        version: Of the pack that decided.
    """
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.OTHER_PACK,
        "Another version of the pack decided, and this service no longer has it. What was answered"
        " can be had without rule_id.",
        metadata={"pack_version": version},
    )


def record_unreadable() -> Refusal:
    """Refuse what needs a record that this version of the service cannot read."""
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.RECORD_UNREADABLE,
        "The record was written by a newer version of the service, or is damaged. It is left as it"
        " is; ask the operator.",
    )


def store_misconfigured(why: str) -> Refusal:
    """Refuse what needs the store until an operator has changed something about it.

    Args:
        why: The store's word for what is wrong.
    """
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        ErrorReason.STORE_MISCONFIGURED,
        "The store cannot be used as it is set up. Tell the operator; the service's log says more.",
        metadata={"why": why},
    )


def too_many_calls(limit: int, *, retry_after: timedelta) -> Refusal:
    """Refuse one call more than the service answers at once."""
    return Refusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        ErrorReason.TOO_MANY_CALLS,
        f"The service answers {limit} calls at once and has no room. Send it again a little later.",
        details=[_retry(retry_after)],
        metadata={"limit": str(limit)},
    )


def deadline_exceeded() -> Refusal:
    """Refuse to go on after the deadline."""
    return Refusal(
        grpc.StatusCode.DEADLINE_EXCEEDED,
        ErrorReason.DEADLINE_EXCEEDED,
        "The deadline passed before there was an answer. Nothing was begun after it.",
    )


def internal(correlation_id: str) -> Refusal:
    """Answer a fault of the service itself, without its text.

    Args:
        correlation_id: Finds the fault in the service's log.
    """
    return Refusal(
        grpc.StatusCode.INTERNAL,
        ErrorReason.INTERNAL_ERROR,
        f"The service failed. Tell its operator the correlation id {correlation_id}.",
        details=[error_details_pb2.RequestInfo(request_id=correlation_id)],
        metadata={"correlation_id": correlation_id},
    )


def _retry(after: timedelta) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromTimedelta(after)
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
