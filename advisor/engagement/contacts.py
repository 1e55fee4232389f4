"""Past contacts, judged in two stages: was somebody reached, and then what did they want?

Only the second stage can find a refusal or an opt-out. A call that nobody answered is never a
refusal, and a hang-up is never an opt-out: that takes the customer's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Direction(StrEnum):
    """Who made the contact: OUTBOUND is ours, INBOUND the customer's."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class EndedBy(StrEnum):
    """Who ended a contact."""

    CUSTOMER = "customer"
    AGENT = "agent"
    NETWORK = "network"


class Retry(StrEnum):
    """Whether the same matter may be tried again after a disposition."""

    YES = "yes"
    NO = "no"
    #: Only under the rules for abandoned calls.
    RESTRICTED = "restricted"
    #: Not before the customer has been left in peace for a while.
    COOL_OFF = "cool_off"
    #: When it was promised, and not otherwise.
    PROMISE = "promise"
    #: It depends on what happened.
    VARIES = "varies"


class Disposition(StrEnum):
    """How a contact turned out, in the industry's list."""

    NO_ANSWER = "no_answer"
    BUSY_TONE = "busy_tone"
    MACHINE_NO_MESSAGE = "machine_no_message"
    MACHINE_MESSAGE_LEFT = "machine_message_left"
    DISCONNECTED_NUMBER = "disconnected_number"
    INVALID_NUMBER = "invalid_number"
    FAX_MODEM = "fax_modem"
    NETWORK_FAILURE = "network_failure"
    ABANDONED_NO_AGENT = "abandoned_no_agent"
    WRONG_NUMBER = "wrong_number"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"
    CALLBACK_SCHEDULED_AGENT = "callback_scheduled_agent"
    CALLBACK_SCHEDULED_ANY = "callback_scheduled_any"
    COMPLETED_SERVICE = "completed_service"
    COMMITMENT = "commitment"
    PROMISE_TO_PAY = "promise_to_pay"
    SALE = "sale"
    NOT_INTERESTED = "not_interested"
    DECLINED_IDENTITY = "declined_identity"
    HUNG_UP_BEFORE_HEADLINE = "hung_up_before_headline"
    HUNG_UP_AFTER_HEADLINE = "hung_up_after_headline"
    DNC_THIS_PURPOSE = "dnc_this_purpose"
    DNC_ALL = "dnc_all"
    LANGUAGE_BARRIER = "language_barrier"
    DECEASED = "deceased"
    VULNERABLE_REFERRED = "vulnerable_referred"
    COMPLAINT_RAISED = "complaint_raised"
    TRANSFERRED = "transferred"
    AGENT_ERROR = "agent_error"

    @property
    def human(self) -> bool:
        """Whether a person answered (the first stage)."""
        return _FLAGS[self].human

    @property
    def right_party(self) -> bool | None:
        """Whether the person was the customer; None where the disposition does not tell."""
        return _FLAGS[self].right_party

    @property
    def retry(self) -> Retry:
        """Whether the same matter may be tried again."""
        return _FLAGS[self].retry


class _Flags(NamedTuple):
    human: bool
    right_party: bool | None
    retry: Retry


_NOBODY = _Flags(human=False, right_party=False, retry=Retry.YES)
_DEAD_NUMBER = _Flags(human=False, right_party=False, retry=Retry.NO)
_SOMEBODY_ELSE = _Flags(human=True, right_party=False, retry=Retry.YES)
_PROMISED = _Flags(human=True, right_party=True, retry=Retry.PROMISE)
_DONE = _Flags(human=True, right_party=True, retry=Retry.NO)
_BROKEN_OFF = _Flags(human=True, right_party=None, retry=Retry.COOL_OFF)
_OTHER = _Flags(human=True, right_party=None, retry=Retry.VARIES)

_FLAGS: Final = MappingProxyType(
    {
        Disposition.NO_ANSWER: _NOBODY,
        Disposition.BUSY_TONE: _NOBODY,
        Disposition.MACHINE_NO_MESSAGE: _NOBODY,
        Disposition.MACHINE_MESSAGE_LEFT: _NOBODY,
        Disposition.DISCONNECTED_NUMBER: _DEAD_NUMBER,
        Disposition.INVALID_NUMBER: _DEAD_NUMBER,
        Disposition.FAX_MODEM: _DEAD_NUMBER,
        Disposition.NETWORK_FAILURE: _NOBODY,
        Disposition.ABANDONED_NO_AGENT: _Flags(
            human=True, right_party=False, retry=Retry.RESTRICTED
        ),
        Disposition.WRONG_NUMBER: _Flags(human=True, right_party=False, retry=Retry.NO),
        Disposition.WRONG_PERSON: _SOMEBODY_ELSE,
        Disposition.THIRD_PARTY: _SOMEBODY_ELSE,
        Disposition.CALLBACK_SCHEDULED_AGENT: _PROMISED,
        Disposition.CALLBACK_SCHEDULED_ANY: _PROMISED,
        Disposition.COMPLETED_SERVICE: _DONE,
        Disposition.COMMITMENT: _DONE,
        Disposition.PROMISE_TO_PAY: _DONE,
        Disposition.SALE: _DONE,
        Disposition.NOT_INTERESTED: _Flags(human=True, right_party=True, retry=Retry.COOL_OFF),
        Disposition.DECLINED_IDENTITY: _BROKEN_OFF,
        Disposition.HUNG_UP_BEFORE_HEADLINE: _BROKEN_OFF,
        Disposition.HUNG_UP_AFTER_HEADLINE: _BROKEN_OFF,
        Disposition.DNC_THIS_PURPOSE: _DONE,
        Disposition.DNC_ALL: _DONE,
        Disposition.LANGUAGE_BARRIER: _OTHER,
        Disposition.DECEASED: _OTHER,
        Disposition.VULNERABLE_REFERRED: _OTHER,
        Disposition.COMPLAINT_RAISED: _OTHER,
        Disposition.TRANSFERRED: _OTHER,
        Disposition.AGENT_ERROR: _OTHER,
    }
)

#: Dispositions that only the customer's explicit words produce.
OPT_OUTS: Final = frozenset({Disposition.DNC_THIS_PURPOSE, Disposition.DNC_ALL})
REFUSALS: Final = OPT_OUTS | {Disposition.NOT_INTERESTED}

#: Dispositions after which the customer is left in peace for a while (004-14).
_BAD_ENDINGS: Final = frozenset(
    {
        Disposition.DECLINED_IDENTITY,
        Disposition.HUNG_UP_BEFORE_HEADLINE,
        Disposition.HUNG_UP_AFTER_HEADLINE,
        Disposition.COMPLAINT_RAISED,
        Disposition.AGENT_ERROR,
    }
)

#: The kind of purpose that invites a customer to take part.
_INVITATION: Final = "co_creation_invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact between the company and a person; None is unknown.

    Attributes:
        at: When it began, aware, UTC.
        channel: Word of the channel; None counts as a call of ours.
        reached_human: Whether a person was reached, where somebody says other than by the
            disposition.
        spoke: Whether there was a conversation with the customer, where somebody says so outright.
        right_party: Whether the person was the customer, where somebody says so outright.
        id: The dialer's id of the call; contacts of one id are one contact.
        ended_at_stage: Word of the call stage at which it ended (004-13).
        ended_after: Id (``rule/item``) of the last item that was said.
        purpose_id: Id of the purpose in the pack.
        kind: Word of the kind of purpose (CallPurpose).
        legal_class: Word of the body of law it fell under.
        subject: What the matter was, for limits counted per subject.
        topic: What the customer asked or wanted, above all in an inbound contact.
        promise_id: The promise that the call was to keep.
    """

    at: datetime
    id: str | None = None
    direction: Direction | None = None
    channel: str | None = None
    disposition: Disposition | None = None
    reached_human: bool | None = None
    spoke: bool | None = None
    right_party: bool | None = None
    ended_by: EndedBy | None = None
    ended_at_stage: str | None = None
    ended_after: str | None = None
    campaign: str | None = None
    brand: str | None = None
    purpose_id: str | None = None
    kind: str | None = None
    legal_class: str | None = None
    number: str | None = None
    debt_id: str | None = None
    subject: str | None = None
    topic: str | None = None
    promise_id: str | None = None

    @property
    def inbound(self) -> bool:
        """Whether the customer made it; a contact of unknown direction counts as ours."""
        return self.direction is Direction.INBOUND or (
            self.direction is None and self.channel == "voice_inbound"
        )

    @property
    def by_voice(self) -> bool:
        """Whether it was a call, not a message."""
        return self.channel is None or self.channel.startswith("voice_")

    @property
    def attempt(self) -> bool:
        """Whether it counts as a call attempt: any call of ours, connected or not."""
        return self.by_voice and not self.inbound

    @property
    def human(self) -> bool | None:
        """Whether a person was reached (the first stage)."""
        if self.reached_human is not None:
            return self.reached_human
        return None if self.disposition is None else self.disposition.human

    @property
    def conversation(self) -> bool | None:
        """Whether the customer was spoken with by voice, whoever rang; None where it may be."""
        if not self.by_voice or self.spoke is not None:
            return self.by_voice and self.spoke
        if self.human is False:
            return False
        right_party = self.right_party
        if right_party is None and self.disposition is not None:
            right_party = self.disposition.right_party
        if right_party is False:
            return False
        return True if self.human and right_party else None

    @property
    def refusal(self) -> bool | None:
        """Whether the customer said no.

        None where it may be: nobody said how a call of ours ended, or the customer broke it off
        without saying why. Such a contact is no refusal to be told of, yet a rest after a refusal
        is kept.
        """
        if self.human is False:
            return False
        if self.disposition is None:
            return None if self.attempt else False
        if self.disposition in REFUSALS:
            return True
        return None if self.disposition.retry is Retry.COOL_OFF else False

    @property
    def ended_badly(self) -> bool | None:
        """Whether it left the customer annoyed, as far as how it ended tells; None where it may.

        A quarrel about identity, a hang-up, a complaint, or a mistake of ours; a plain no is none.
        """
        if self.human is False:
            return False
        if self.disposition is None:
            return None if self.attempt else False
        return self.disposition in _BAD_ENDINGS

    @property
    def opt_out(self) -> bool:
        """Whether the customer asked for no more calls, in so many words."""
        return self.disposition in OPT_OUTS

    @property
    def invitation(self) -> bool | None:
        """Whether it invited the customer to take part in something; None where it may have."""
        if self.inbound or self.human is False:
            return False
        if self.kind is None:
            return None if self.attempt else False
        return self.kind == _INVITATION
