"""Suppressions: who must not be called, whatever any rule says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from advisor.engagement.basis import Basis
from advisor.facts.builtin.customer import in_force
from advisor.facts.situation import Situation
from advisor.facts.view import Facts
from advisor.facts.vocabulary import (
    ConsentState,
    ConsentType,
    Decision,
    LegalClass,
    PurposeKind,
    ReasonCode,
    Suppression,
)
from advisor.guidance.decision import Reason

#: Consents that outweigh a register of people who want no sales calls.
_OUTWEIGH_REGISTER: Final = (
    ConsentType.MARKETING_CALL,
    ConsentType.PRIOR_EXPRESS_WRITTEN,
    ConsentType.CALLBACK_REQUEST,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What a suppression means.

    Attributes:
        only: The one legal class it is about; None for all.
        spares_duty: Whether emergencies and legal notices may be made all the same.
        yields_to_consent: Whether the customer's own consent outweighs it.
    """

    code: ReasonCode
    basis: Basis
    text: str
    only: LegalClass | None = None
    spares_duty: bool = True
    yields_to_consent: bool = False


_REGISTERED: Final = _Block(
    code=ReasonCode.DNC_NATIONAL,
    basis=Basis.LAW,
    text="The number is on a register of people who want no sales calls.",
    only=LegalClass.MARKETING,
    yields_to_consent=True,
)
_BLOCKS: Final = MappingProxyType(
    {
        Suppression.NATIONAL_REGISTRY: _REGISTERED,
        Suppression.STATE_REGISTRY: _REGISTERED,
        Suppression.INTERNAL: _Block(
            code=ReasonCode.DNC_INTERNAL,
            basis=Basis.CUSTOMER,
            text="The customer asked us not to call.",
        ),
        Suppression.PURPOSE_OPT_OUT: _Block(
            code=ReasonCode.OPTED_OUT_PURPOSE,
            basis=Basis.CUSTOMER,
            text="The customer asked us not to call about this kind of matter.",
        ),
        Suppression.LITIGATION_HOLD: _Block(
            code=ReasonCode.LITIGATION_HOLD,
            basis=Basis.LAW,
            text="A legal dispute holds all contact.",
        ),
        Suppression.DECEASED: _Block(
            code=ReasonCode.DECEASED,
            basis=Basis.SAFETY,
            text="The customer has died.",
            spares_duty=False,
        ),
        Suppression.MORATORIUM: _Block(
            code=ReasonCode.MORATORIUM,
            basis=Basis.LAW,
            text="A breathing space holds: no contact about debts.",
            only=LegalClass.COLLECTION,
        ),
        Suppression.REPRESENTED: _Block(
            code=ReasonCode.REPRESENTED,
            basis=Basis.LAW,
            text="Somebody else speaks for the customer; contact them.",
        ),
        Suppression.REASSIGNED_NUMBER: _Block(
            code=ReasonCode.REASSIGNED_NUMBER,
            basis=Basis.LAW,
            text="The number belongs to somebody else now.",
            spares_duty=False,
        ),
    }
)


def is_duty(situation: Situation) -> bool:
    """Tell whether a call must be made for somebody's safety, or because the law demands it."""
    occasion = situation.occasion
    return occasion.legal_class is LegalClass.EMERGENCY or occasion.kind is PurposeKind.LEGAL_NOTICE


def blocks(facts: Facts) -> Iterator[Reason]:
    """Iterate over the reasons that suppressions in force give; each blocks the call."""
    situation = facts.situation
    for suppressed in in_force(situation):
        block = _BLOCKS[suppressed.source]
        if block.only is not None and situation.occasion.legal_class is not block.only:
            continue
        if block.spares_duty and is_duty(situation):
            continue
        if block.yields_to_consent and _consented(facts):
            continue
        yield Reason(
            code=block.code,
            decision=Decision.BLOCK,
            text=block.text,
            rule=f"guard/{suppressed.source.value}",
            basis=block.basis,
            until=suppressed.ends_at,
        )


def _consented(facts: Facts) -> bool:
    return any(
        facts.value(f"customer.consent.{consent.value}") == ConsentState.GIVEN.value
        for consent in _OUTWEIGH_REGISTER
    )
