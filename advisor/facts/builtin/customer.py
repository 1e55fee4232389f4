"""Facts of the customer: how to speak with them, what they allow, and what they need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.situation import Consent, Situation, Suppressed
from advisor.facts.values import NEVER, UNKNOWN, FactType, Tell, Value
from advisor.facts.vocabulary import (
    LEGAL_CLASS,
    Channel,
    ConsentState,
    ConsentType,
    Relationship,
    Suppression,
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def in_force(situation: Situation) -> tuple[Suppressed, ...]:
    """List the suppressions that cover this call now.

    One that names kinds of purpose also covers a call that counts as the class of those kinds:
    an offer in a service call cannot pass by an opt-out from marketing.
    """
    return tuple(
        suppressed
        for suppressed in situation.profile.suppressions
        if (suppressed.ends_at is None or suppressed.ends_at > situation.now)
        and _covers(suppressed, situation)
    )


def _covers(suppressed: Suppressed, situation: Situation) -> bool:
    kinds = suppressed.purpose_kinds
    kind = situation.occasion.kind
    if not kinds or kind in kinds:
        return True
    legal = situation.stated.get("call.counts_as", situation.occasion.legal_class)
    return legal != LEGAL_CLASS[kind] and any(LEGAL_CLASS[each] == legal for each in kinds)


def _moratorium_ends(situation: Situation) -> Value:
    """Read the latest end: NEVER where no moratorium holds, unknown where one has no known end."""
    found = [each for each in in_force(situation) if each.source is Suppression.MORATORIUM]
    ends = [each.ends_at for each in found if each.ends_at is not None]
    if len(ends) < len(found):
        return UNKNOWN
    return max(ends, default=NEVER)


def _suppressed_by(source: Suppression, situation: Situation) -> Value:
    return any(suppressed.source is source for suppressed in in_force(situation))


def standing(consents: tuple[Consent, ...], type_: ConsentType, now: datetime) -> ConsentState:
    """Judge how a consent stands: of one type the latest counts, and at one instant a withdrawal.

    Args:
        consents: All that is known; a type that is missing was never asked for.
        type_: Which consent.
        now: Aware instant; a consent given that ends at or before it has expired.
    """
    latest = latest_consent(consents, type_)
    if latest is None:
        return ConsentState.NEVER_ASKED
    if (
        latest.state is ConsentState.GIVEN
        and latest.expires_at is not None
        and latest.expires_at <= now
    ):
        return ConsentState.EXPIRED
    return latest.state


def latest_consent(consents: tuple[Consent, ...], type_: ConsentType) -> Consent | None:
    """Return the consent that counts of a type, or None where it was never asked for."""
    return max(
        (consent for consent in consents if consent.type is type_),
        key=lambda consent: (
            consent.captured_at or _LONG_AGO,
            consent.state is ConsentState.WITHDRAWN,
        ),
        default=None,
    )


def _consent_fact(type_: ConsentType) -> Fact:
    def read(situation: Situation) -> Value:
        consents = situation.profile.consents
        if consents is None:
            return UNKNOWN
        return standing(consents, type_, situation.now).value

    return Fact(
        name=f"customer.consent.{type_.value}",
        type=FactType.CHOICE,
        about=f"How the customer's consent to {_CONSENT_TO[type_]} stands.",
        sent_by="CRM",
        choices=tuple(state.value for state in ConsentState),
        read=read,
    )


_CONSENT_TO = {
    ConsentType.MARKETING_CALL: "marketing calls",
    ConsentType.PRIOR_EXPRESS: "calls, given expressly beforehand,",
    ConsentType.PRIOR_EXPRESS_WRITTEN: "calls, given expressly and in writing beforehand,",
    ConsentType.CONTACT_AT_INCONVENIENT_TIME: "contact at an otherwise inconvenient time",
    ConsentType.CALLBACK_REQUEST: "a call-back they asked for",
    ConsentType.RECORDING: "recording",
    ConsentType.VOICEMAIL: "messages on their voicemail",
    ConsentType.THIRD_PARTY_CONTACT: "contact with somebody else about their matter",
    ConsentType.DATA_USE_PERSONALISATION: "the use of their data for personal advice",
    ConsentType.RESEARCH: "research calls",
    ConsentType.CO_CREATION: "invitations to help improve the company",
}

FACTS: Final = (
    Fact(
        name="customer.preferred_name",
        type=FactType.TEXT,
        about="How the customer wants to be called; asked for by it when somebody answers.",
        tell=Tell.ANYONE,
        sent_by="CRM",
        read=lambda s: s.profile.preferred_name or UNKNOWN,
    ),
    Fact(
        name="customer.salutation",
        type=FactType.TEXT,
        about="The form of address the customer prefers.",
        tell=Tell.ANYONE,
        sent_by="CRM",
        read=lambda s: s.profile.salutation or UNKNOWN,
    ),
    Fact(
        name="customer.name_hint",
        type=FactType.TEXT,
        about="How the name is said.",
        sent_by="CRM",
        read=lambda s: s.profile.name_hint or UNKNOWN,
    ),
    Fact(
        name="customer.language",
        type=FactType.TEXT,
        about="The language the customer prefers, BCP 47.",
        tell=Tell.ANYONE,
        sent_by="CRM",
        read=lambda s: s.profile.language or UNKNOWN,
    ),
    Fact(
        name="customer.preferred_channel",
        type=FactType.CHOICE,
        about="How the customer prefers to be reached.",
        tell=Tell.CLAIMED,
        sent_by="CRM",
        choices=tuple(channel.value for channel in Channel),
        read=lambda s: s.profile.preferred_channel or UNKNOWN,
    ),
    Fact(
        name="customer.goal",
        type=FactType.TEXT,
        about="What the customer wants to achieve, in their words.",
        tell=Tell.VERIFIED,
        sent_by="CRM",
        read=lambda s: s.profile.goal or UNKNOWN,
    ),
    Fact(
        name="customer.relationship",
        type=FactType.CHOICE,
        about="How close the customer is to the company.",
        tell=Tell.CLAIMED,
        sent_by="CRM",
        choices=tuple(relationship.value for relationship in Relationship),
        read=lambda s: s.profile.relationship or UNKNOWN,
    ),
    Fact(
        name="customer.suppressions",
        type=FactType.CHOICES,
        about="What keeps the company from making this call; empty where nothing does.",
        sent_by="CRM and advisor",
        absent_means=frozenset(),
        choices=tuple(source.value for source in Suppression),
        read=lambda s: frozenset(suppressed.source.value for suppressed in in_force(s)),
    ),
    Fact(
        name="customer.safe_contact",
        type=FactType.YES_NO,
        about="Is contact restricted for the customer's safety?",
        tell=Tell.NOBODY,
        sent_by="CRM",
        read=lambda s: UNKNOWN if s.profile.safe_contact is None else s.profile.safe_contact,
    ),
    Fact(
        name="customer.care_needs",
        type=FactType.CHOICES,
        about="What the customer needs (the need, not the diagnosis), in the company's words.",
        tell=Tell.NOBODY,
        sent_by="CRM",
        read=lambda s: UNKNOWN if s.profile.care_needs is None else s.profile.care_needs,
    ),
    Fact(
        name="customer.moratorium",
        type=FactType.YES_NO,
        about="Does a breathing space or another legal moratorium hold?",
        sent_by="CRM",
        absent_means=False,
        read=lambda s: _suppressed_by(Suppression.MORATORIUM, s),
    ),
    Fact(
        name="customer.moratorium_ends",
        type=FactType.INSTANT,
        about="When the moratorium ends; never, where none holds.",
        sent_by="CRM",
        read=_moratorium_ends,
    ),
    Fact(
        name="customer.represented",
        type=FactType.YES_NO,
        about="Does somebody else (a lawyer, a debt adviser) speak for the customer?",
        sent_by="CRM",
        absent_means=False,
        read=lambda s: _suppressed_by(Suppression.REPRESENTED, s),
    ),
    Fact(
        name="customer.reported_defects",
        type=FactType.CHOICES,
        about="What the customer told us is broken, in the company's words.",
        tell=Tell.CLAIMED,
        sent_by="CRM",
        read=lambda s: (
            UNKNOWN if s.profile.reported_defects is None else s.profile.reported_defects
        ),
    ),
    *(_consent_fact(type_) for type_ in ConsentType),
)
