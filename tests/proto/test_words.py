"""One name, one thing: the contract, the packs and the code use the same words."""

from __future__ import annotations

import enum

import pytest

from advisor.engagement import basis, calendars, card, contacts, promises, signals
from advisor.facts import vocabulary
from advisor.facts.builtin.call import ANSWERED_BY
from advisor.facts.builtin.happenings import REPORTERS, SCOPES
from advisor.facts.events import EVENTS
from advisor.facts.memory import Reliability
from advisor.guidance.decision import Withheld
from advisor.store.durability import Durability
from advisor.v1 import vocabulary_call_pb2 as call
from advisor.v1 import vocabulary_customer_pb2 as customer
from advisor.v1 import vocabulary_decision_pb2 as decision

OURS: dict[str, type[enum.Enum]] = {
    "Basis": basis.Basis,
    "Certainty": basis.Certainty,
    "TrustTier": card.TrustTier,
    "Disposition": contacts.Disposition,
    "QuietSource": calendars.QuietSource,
    "Direction": contacts.Direction,
    "EndedBy": contacts.EndedBy,
    "PromiseState": promises.PromiseState,
    "SignalKind": signals.SignalKind,
    "SignalReporter": signals.Reporter,
    "WeatherKind": signals.WeatherKind,
    "EntryType": card.EntryType,
    "Participation": signals.Participation,
    "BusinessFunction": signals.BusinessFunction,
    "Durability": Durability,
    "Reliability": Reliability,
    "CallStage": vocabulary.Stage,
    "DisclosureLevel": vocabulary.Disclosure,
    "VerificationLevel": vocabulary.Verification,
    "CompanyProofState": vocabulary.CompanyProof,
    "CompanyProofMethod": vocabulary.CompanyProofMethod,
    "AskKind": vocabulary.Ask,
    "VerificationMethod": vocabulary.VerificationMethod,
    "CallPurpose": vocabulary.PurposeKind,
    "LegalClass": vocabulary.LegalClass,
    "EvaluationClass": vocabulary.EvaluationClass,
    "Sensitivity": vocabulary.Sensitivity,
    "Decision": vocabulary.Decision,
    "ReasonCode": vocabulary.ReasonCode,
    "ItemKind": vocabulary.ItemKind,
    "Force": vocabulary.Force,
    "Benefit": vocabulary.Benefit,
    "Establishes": vocabulary.Establishes,
    "WithheldReason": Withheld,
    "Relationship": vocabulary.Relationship,
    "SuppressionSource": vocabulary.Suppression,
    "ConsentType": vocabulary.ConsentType,
    "ConsentState": vocabulary.ConsentState,
    "Channel": vocabulary.Channel,
}
WIRE = {
    name: found
    for file in (call.DESCRIPTOR, customer.DESCRIPTOR, decision.DESCRIPTOR)
    for name, found in file.enum_types_by_name.items()
}


def test_every_enum_of_the_vocabulary_is_compared() -> None:
    """No enum of the contract's vocabulary is left out below."""
    others = ["AnsweredBy", "CallEventKind", "EventReporter", "StopScope"]
    assert sorted([*OURS, *others]) == sorted(WIRE)


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_contract_uses_the_words_of_the_code(name: str) -> None:
    """Every value of an enum has the same word in the contract as in packs and code (002-07)."""
    assert _wire_words(name) == [_word(member) for member in OURS[name]]


def test_who_answered_has_the_words_of_the_catalogue() -> None:
    """The fact call.answered_by and the contract say the same (002-07)."""
    assert tuple(_wire_words("AnsweredBy")) == ANSWERED_BY


def test_what_happens_in_a_call_has_the_words_of_the_catalogue() -> None:
    """Events, who reports them and how far they reach are worded as the facts about them."""
    assert tuple(_wire_words("CallEventKind")) == EVENTS
    assert tuple(_wire_words("EventReporter")) == REPORTERS
    assert tuple(_wire_words("StopScope")) == SCOPES


def _wire_words(name: str) -> list[str]:
    unspecified, *names = (value.name for value in WIRE[name].values)
    prefix = unspecified.removesuffix("UNSPECIFIED")
    return [value.removeprefix(prefix).lower() for value in names]


def _word(member: enum.Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name.lower()
