"""What an agent can report with one click or key, as it is said at a desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that may just have happened.

    Attributes:
        kind: The event, a word of CallEventKind.
        label: What the agent reads.
        key: The key that presses it; empty for none.
    """

    kind: str
    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Buttons that belong together."""

    title: str
    buttons: tuple[Button, ...]


GROUPS: Final = (
    Group(
        "The customer",
        (
            Button("PERSON_CONFIRMED", "says it is them", "y"),
            Button("CUSTOMER_ASKED_PURPOSE", "asks what it is about", "a"),
            Button("CUSTOMER_ASKED_WHO", "asks who is ringing", "w"),
            Button("CUSTOMER_CHALLENGED_CALLER", "doubts that it is us", "h"),
            Button("COMPANY_PROOF_ACCEPTED", "is satisfied that it is us", "k"),
            Button("IDENTITY_GIVEN", "shows who they are", "g"),
            Button("IDENTITY_REFUSED", "will not say who they are", "r"),
            Button("DATA_REFUSED", "will not tell us that", ""),
            Button("OBJECTION", "objects", "o"),
            Button("OFFER_ACCEPTED", "accepts the offer", ""),
            Button("OFFER_DECLINED", "declines the offer", ""),
            Button("COMPLAINT_RAISED", "complains", "p"),
            Button("NAME_CORRECTED", "corrects how we say the name", ""),
            Button("STOP_CALLING_REQUESTED", "wants no more calls", "x"),
        ),
    ),
    Group(
        "The moment",
        (
            Button("CUSTOMER_BUSY", "has no time now", "b"),
            Button("MEALTIME_CUE", "is eating", "m"),
            Button("DRIVING_CUE", "is driving", "d"),
            Button("ANNOYANCE_CUE", "sounds annoyed", "i"),
            Button("TIME_DESIGNATED_INCONVENIENT", "never at this time", "t"),
            Button("CALLBACK_REQUESTED", "asks to be rung later", "l"),
            Button("CALLBACK_ACCEPTED", "accepts another time", ""),
            Button("CALLBACK_DECLINED", "declines another time", ""),
            Button("DISTRESS_CUE", "sounds distressed", ""),
            Button("VULNERABILITY_DISCLOSED", "tells of a need for care", "v"),
            Button("LANGUAGE_BARRIER", "we do not share a language", ""),
            Button("RECORDING_OBJECTED", "does not want to be recorded", ""),
        ),
    ),
    Group(
        "On the line",
        (
            Button("CONNECTED", "somebody answers", "c"),
            Button("THIRD_PARTY_ANSWERED", "somebody else answers", "s"),
            Button("MACHINE_DETECTED", "a machine answers", "0"),
            Button("WRONG_NUMBER", "it is the wrong number", ""),
            Button("PERSON_CHANGED", "somebody else comes to the line", ""),
            Button("TRANSFERRED", "I have passed the call on", ""),
        ),
    ),
    Group(
        "I",
        (
            Button("NAME_MISPRONOUNCED", "said the name wrongly", ""),
            Button("AGENT_ASKED_IDENTITY", "asked who they are", "q"),
            Button("COMPANY_PROOF_OFFERED", "offered a proof of us", ""),
        ),
    ),
    Group(
        "The call",
        (
            Button("CUSTOMER_HUNG_UP", "the customer hung up", ""),
            Button("AGENT_HUNG_UP", "I hung up", ""),
            Button("CALL_DROPPED", "the line broke", ""),
        ),
    ),
)

#: Keys that book the times that can be promised, in their order.
SLOT_KEYS: Final = "123456789"

#: Events that the page reports by other means than a button of a group.
OTHERS: Final = frozenset(
    {"GUIDANCE_USED", "GUIDANCE_DISMISSED", "GUIDANCE_OVERRIDDEN", "UNSCRIPTED", "FEEDBACK_GIVEN"}
)

#: All that may be reported from the page.
REPORTABLE: Final = OTHERS | {button.kind for group in GROUPS for button in group.buttons}
