"""The state of one call: what has been said, shown, asked and refused so far.

It only ever grows: within a leg the same events in another order give the same state. A new *leg*
(somebody else is on the line now) starts verification, disclosure and company proof again; what
was refused stays refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from advisor.facts.situation import Call
from advisor.facts.vocabulary import Ask, CompanyProof, Disclosure, Stage, Verification
from advisor.guidance import tables

#: The order in which proofs of the company outweigh each other: a failed one outweighs an offer,
#: an accepted one everything.
_PROOF_ORDER: Final = (
    CompanyProof.NONE,
    CompanyProof.OFFERED,
    CompanyProof.FAILED,
    CompanyProof.ACCEPTED,
)

#: Who may be listening, the one before whom most care is due last.
_LISTENERS: Final = (None, "person", tables.MACHINE, tables.THIRD_PARTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState:
    """What holds in one leg of a call.

    Attributes:
        leg: How often somebody else has come to the line, from 0.
        asks_made: How many guarded asks were made, in all legs.
        asks_refused: What was refused, in all legs, as words of `Ask`.
        said: Ids (``rule/item``) of items already said, in all legs.
        answered_by: Who is listening, where that is known not to be the customer.
    """

    leg: int = 0
    stage: Stage = Stage.PRE_CALL
    disclosure: Disclosure = Disclosure.NAME
    verification: Verification = Verification.NONE
    company_proof: CompanyProof = CompanyProof.NONE
    answered_by: str | None = None
    asks_made: int = 0
    asks_refused: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()

    def joined(self, other: CallState) -> CallState:
        """Return the least state that holds everything both hold.

        Joining is commutative, associative and idempotent. Of two legs the later one says what
        was disclosed, shown and proved.
        """
        first, last = sorted((self, other), key=lambda state: state.leg)
        same_leg = first.leg == last.leg
        return CallState(
            leg=last.leg,
            stage=max(first.stage, last.stage),
            disclosure=max(first.disclosure, last.disclosure) if same_leg else last.disclosure,
            verification=(
                max(first.verification, last.verification) if same_leg else last.verification
            ),
            company_proof=(
                max(first.company_proof, last.company_proof, key=_PROOF_ORDER.index)
                if same_leg
                else last.company_proof
            ),
            answered_by=(
                max(first.answered_by, last.answered_by, key=_LISTENERS.index)
                if same_leg
                else last.answered_by
            ),
            asks_made=max(first.asks_made, last.asks_made),
            asks_refused=first.asks_refused | last.asks_refused,
            said=first.said | last.said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an event adds to the state of its leg."""

    stage: Stage = Stage.PRE_CALL
    disclosure: Disclosure = Disclosure.NAME
    verification: Verification = Verification.NONE
    company_proof: CompanyProof = CompanyProof.NONE
    answered_by: str | None = None
    asks: int = 0
    refused: frozenset[str] = frozenset()
    new_leg: bool = False


_EFFECTS: Final = MappingProxyType(
    {
        "call_placed": Effect(stage=Stage.RINGING),
        "connected": Effect(stage=Stage.ANSWERED),
        "machine_detected": Effect(stage=Stage.ANSWERED, answered_by=tables.MACHINE),
        "brand_stated": Effect(stage=Stage.GREETING),
        "person_confirmed": Effect(stage=Stage.PERSON_CHECK, verification=Verification.CLAIMED),
        "headline_stated": Effect(stage=Stage.HEADLINE, disclosure=Disclosure.HEADLINE),
        "purpose_stated": Effect(stage=Stage.HEADLINE, disclosure=Disclosure.STATEMENT),
        "company_proof_offered": Effect(company_proof=CompanyProof.OFFERED),
        "company_proof_accepted": Effect(company_proof=CompanyProof.ACCEPTED),
        "company_proof_failed": Effect(company_proof=CompanyProof.FAILED),
        "agent_asked_identity": Effect(asks=1),
        "identity_given": Effect(
            stage=Stage.CUSTOMER_VERIFICATION, verification=Verification.VERIFIED
        ),
        "identity_refused": Effect(refused=frozenset({Ask.IDENTITY.value})),
        "data_refused": Effect(refused=frozenset({Ask.DATA.value})),
        "third_party_answered": Effect(new_leg=True, answered_by=tables.THIRD_PARTY),
        "wrong_number": Effect(new_leg=True, answered_by=tables.THIRD_PARTY),
        "person_changed": Effect(new_leg=True),
        "transferred": Effect(new_leg=True),
    }
)
_NO_EFFECT: Final = Effect()

#: Who listens after an event that says that it is not the customer.
OVERHEARD_BY: Final = MappingProxyType(
    {
        event: effect.answered_by
        for event, effect in _EFFECTS.items()
        if effect.answered_by is not None
    }
)


def effect_of(event: str) -> Effect:
    """Return what an event (a word of `EVENTS`) adds to the state of its leg."""
    return _EFFECTS.get(event, _NO_EFFECT)


def state_of(call: Call) -> CallState:
    """Return the state a call is described with; an answerer of an unknown kind is a stranger."""
    answered_by = call.answered_by
    return CallState(
        stage=call.stage,
        disclosure=call.disclosure,
        verification=call.verification,
        company_proof=call.company_proof,
        answered_by=answered_by if answered_by in _LISTENERS else tables.THIRD_PARTY,
        asks_made=call.asks_made,
        asks_refused=call.asks_refused,
        said=call.said,
    )
