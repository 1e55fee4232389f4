"""Signals: what the company or the customer did outside our own calls, and what may come of it.

Everything is engagement (003-05), so every kind has an effect on what is kept, possibly none; the
points that it earns or costs are the pack's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class SignalKind(StrEnum):
    """What was noticed."""

    COMPLAINT_RAISED = "complaint_raised"
    COMPLAINT_CLOSED = "complaint_closed"
    COMPLIMENT_GIVEN = "compliment_given"
    REVIEW_POSTED = "review_posted"
    POST_PUBLISHED = "post_published"
    FEEDBACK_GIVEN = "feedback_given"
    INBOUND_CONTACT = "inbound_contact"
    LETTER_SENT = "letter_sent"
    MESSAGE_SENT = "message_sent"
    MESSAGE_ANSWERED = "message_answered"
    PEER_HELP_GIVEN = "peer_help_given"
    REFERRAL_GIVEN = "referral_given"
    PARTICIPATED = "participated"
    PARTNER_REPORT = "partner_report"
    STAFF_REPORT = "staff_report"
    PROACTIVE_HELP = "proactive_help"
    SERVICE_FAILURE = "service_failure"
    RECOVERY_DONE = "recovery_done"
    ACTION_TAKEN = "action_taken"
    LIFE_EVENT = "life_event"
    GOAL_STATED = "goal_stated"
    DEFECT_REPORTED = "defect_reported"
    DATA_GIVEN = "data_given"
    REWARD_USED = "reward_used"
    CAMPAIGN_DUE = "campaign_due"


class WeatherKind(StrEnum):
    """What changes how every customer of a brand or an industry hears us."""

    OUTAGE = "outage"
    BREACH = "breach"
    PRICE_RISE = "price_rise"
    SCAM_WAVE = "scam_wave"
    COMPETITOR = "competitor"
    BAD_PRESS = "bad_press"


class Reporter(StrEnum):
    """Who noticed it; partners and staff see what customers do not say (003-06)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    STAFF = "staff"
    PARTNER = "partner"
    SYSTEM = "system"
    PUBLIC = "public"


class Participation(StrEnum):
    """How a customer takes part in the company's work; a RECIPIENT does not (000-05)."""

    ORIGINATOR = "originator"
    CHANNEL = "channel"
    CO_DESIGNER = "co_designer"
    TESTER = "tester"
    PEER_HELPER = "peer_helper"
    RECIPIENT = "recipient"


class BusinessFunction(StrEnum):
    """What customers can be invited to take part in (000-03)."""

    PRODUCT_DEVELOPMENT = "product_development"
    VALUE_PROPOSITION = "value_proposition"
    MARKETING_COMMUNICATIONS = "marketing_communications"
    CAMPAIGN_DESIGN = "campaign_design"
    CHANNEL_DEVELOPMENT = "channel_development"
    AFTER_SALES_SERVICE = "after_sales_service"
    PROCESS_IMPROVEMENT = "process_improvement"
    STRATEGY = "strategy"
    INVESTOR_RELATIONS = "investor_relations"
    HUMAN_RESOURCES = "human_resources"
    IT = "it"
    FINANCE = "finance"


class Effect(StrEnum):
    """What a kind of signal changes in what is kept, beside the points that rules give."""

    #: One complaint more is open.
    OPENS_COMPLAINT = "opens_complaint"
    #: One complaint fewer is open.
    CLOSES_COMPLAINT = "closes_complaint"
    #: A contact of the customer's own is added to the history.
    INBOUND = "inbound"
    #: A message of ours is added to the history.
    OUTBOUND = "outbound"
    #: A fact about the customer is learned.
    TEACHES = "teaches"
    #: It is kept as context until it expires, and nothing else.
    CONTEXT = "context"
    #: Nothing but what rules make of it: it is kept as proof that it was heard.
    NONE = "none"


#: Every kind has its effect; none is forgotten.
EFFECTS: Final = MappingProxyType(
    {
        SignalKind.COMPLAINT_RAISED: Effect.OPENS_COMPLAINT,
        SignalKind.COMPLAINT_CLOSED: Effect.CLOSES_COMPLAINT,
        SignalKind.COMPLIMENT_GIVEN: Effect.CONTEXT,
        SignalKind.REVIEW_POSTED: Effect.CONTEXT,
        SignalKind.POST_PUBLISHED: Effect.CONTEXT,
        SignalKind.FEEDBACK_GIVEN: Effect.CONTEXT,
        SignalKind.INBOUND_CONTACT: Effect.INBOUND,
        SignalKind.LETTER_SENT: Effect.OUTBOUND,
        SignalKind.MESSAGE_SENT: Effect.OUTBOUND,
        SignalKind.MESSAGE_ANSWERED: Effect.INBOUND,
        SignalKind.PEER_HELP_GIVEN: Effect.NONE,
        SignalKind.REFERRAL_GIVEN: Effect.NONE,
        SignalKind.PARTICIPATED: Effect.CONTEXT,
        SignalKind.PARTNER_REPORT: Effect.CONTEXT,
        SignalKind.STAFF_REPORT: Effect.CONTEXT,
        SignalKind.PROACTIVE_HELP: Effect.NONE,
        SignalKind.SERVICE_FAILURE: Effect.CONTEXT,
        SignalKind.RECOVERY_DONE: Effect.NONE,
        SignalKind.ACTION_TAKEN: Effect.CONTEXT,
        SignalKind.LIFE_EVENT: Effect.CONTEXT,
        SignalKind.GOAL_STATED: Effect.TEACHES,
        SignalKind.DEFECT_REPORTED: Effect.TEACHES,
        SignalKind.DATA_GIVEN: Effect.TEACHES,
        SignalKind.REWARD_USED: Effect.NONE,
        SignalKind.CAMPAIGN_DUE: Effect.CONTEXT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that was noticed about one customer.

    Attributes:
        id: The reporter's id of it; the same id is the same signal.
        at: When it happened, aware, UTC.
        source: Who or what noticed it, in a word of the company.
        trust: How far the source is believed, from 0 to 1; None is not known.
        topic: What it is about, in words; without card-like digits.
        subject: The matter, as an id that contacts share.
        channel: Word of the channel, of a message or an inbound contact; None is not known.
        expires_at: Until when it counts as context; None until it is pushed out by newer ones.
        role: Of a participation: how the customer took part (originator, co_designer, ...).
        function: Of a participation or an invitation: which business function.
        owner: Who must act on it, where somebody must.
        due_at: By when, where a time is known.
    """

    id: str
    kind: SignalKind
    at: datetime
    reported_by: Reporter
    source: str | None = None
    trust: float | None = None
    topic: str | None = None
    subject: str | None = None
    channel: str | None = None
    expires_at: datetime | None = None
    role: str | None = None
    function: str | None = None
    owner: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What makes itself felt to all customers of a brand, or of everybody (brand None).

    Attributes:
        id: The reporter's id of it; telling the same id again replaces it.
        begins_at: From when, aware, UTC.
        ends_at: Until when, itself outside; there is no weather without an end.
        source: Who or what noticed it, in a word of the company.
    """

    id: str
    kind: WeatherKind
    begins_at: datetime
    ends_at: datetime
    brand: str | None = None
    source: str | None = None
