"""The contract's enums and the core's: the same words, found by name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from google.protobuf.descriptor import EnumDescriptor

from advisor.engagement.basis import Basis, Certainty
from advisor.engagement.calendars import QuietSource
from advisor.engagement.card import EntryType, TrustTier
from advisor.engagement.contacts import Direction, Disposition, EndedBy
from advisor.engagement.promises import PromiseState
from advisor.engagement.signals import (
    BusinessFunction,
    Participation,
    Reporter,
    SignalKind,
    WeatherKind,
)
from advisor.facts import vocabulary as ours
from advisor.facts.memory import Reliability
from advisor.guidance.decision import Withheld
from advisor.rules.pack import Section
from advisor.rules.problems import Severity
from advisor.store.durability import Durability
from advisor.v1 import (
    pack_pb2,
    vocabulary_call_pb2,
    vocabulary_customer_pb2,
    vocabulary_decision_pb2,
)

_Ours = TypeVar("_Ours", bound=Enum)


class Words(Generic[_Ours]):
    """One enum of the contract and its counterpart."""

    __slots__ = ("_ours", "_wire")

    def __init__(self, wire: EnumDescriptor, members: type[_Ours]) -> None:
        """Pair the values by name.

        Raises:
            KeyError: A word is missing on one side.
        """
        prefix = wire.values_by_number[0].name.removesuffix("UNSPECIFIED")
        self._ours = {
            value.number: members[value.name.removeprefix(prefix)]
            for value in wire.values
            if value.number
        }
        self._wire = {member: number for number, member in self._ours.items()}

    def read(self, number: int) -> _Ours | None:
        """Return our value; None for UNSPECIFIED."""
        return self._ours.get(number)

    def read_all(self, numbers: Iterable[int]) -> frozenset[_Ours]:
        """Return our values, without UNSPECIFIED."""
        return frozenset(self._ours[number] for number in numbers if number)

    def write(self, member: _Ours | None) -> Any:  # noqa: ANN401 - an int that the stubs call ValueType
        """Return the contract's number; UNSPECIFIED for None."""
        return 0 if member is None else self._wire[member]


_CALL = vocabulary_call_pb2.DESCRIPTOR.enum_types_by_name
_CUSTOMER = vocabulary_customer_pb2.DESCRIPTOR.enum_types_by_name
_DECISION = vocabulary_decision_pb2.DESCRIPTOR.enum_types_by_name
_PACK = pack_pb2.DESCRIPTOR.enum_types_by_name

STAGE: Final = Words(_CALL["CallStage"], ours.Stage)
DISCLOSURE: Final = Words(_CALL["DisclosureLevel"], ours.Disclosure)
VERIFICATION: Final = Words(_CALL["VerificationLevel"], ours.Verification)
COMPANY_PROOF: Final = Words(_CALL["CompanyProofState"], ours.CompanyProof)
PROOF_METHOD: Final = Words(_CALL["CompanyProofMethod"], ours.CompanyProofMethod)
VERIFICATION_METHOD: Final = Words(_CALL["VerificationMethod"], ours.VerificationMethod)
ASK: Final = Words(_CALL["AskKind"], ours.Ask)
ANSWERED_BY: Final = {
    vocabulary_call_pb2.ANSWERED_BY_PERSON: "person",
    vocabulary_call_pb2.ANSWERED_BY_THIRD_PARTY: "third_party",
    vocabulary_call_pb2.ANSWERED_BY_MACHINE: "machine",
}
PURPOSE_KIND: Final = Words(_CALL["CallPurpose"], ours.PurposeKind)
LEGAL_CLASS: Final = Words(_CALL["LegalClass"], ours.LegalClass)
EVALUATION_CLASS: Final = Words(_CALL["EvaluationClass"], ours.EvaluationClass)
SENSITIVITY: Final = Words(_CALL["Sensitivity"], ours.Sensitivity)

RELATIONSHIP: Final = Words(_CUSTOMER["Relationship"], ours.Relationship)
SUPPRESSION: Final = Words(_CUSTOMER["SuppressionSource"], ours.Suppression)
CONSENT_TYPE: Final = Words(_CUSTOMER["ConsentType"], ours.ConsentType)
CONSENT_STATE: Final = Words(_CUSTOMER["ConsentState"], ours.ConsentState)
QUIET_SOURCE: Final = Words(_CUSTOMER["QuietSource"], QuietSource)
CHANNEL: Final = Words(_CUSTOMER["Channel"], ours.Channel)
TIER: Final = Words(_CUSTOMER["TrustTier"], TrustTier)
DIRECTION: Final = Words(_CUSTOMER["Direction"], Direction)
DISPOSITION: Final = Words(_CUSTOMER["Disposition"], Disposition)
ENDED_BY: Final = Words(_CUSTOMER["EndedBy"], EndedBy)
SIGNAL_KIND: Final = Words(_CUSTOMER["SignalKind"], SignalKind)
REPORTER: Final = Words(_CUSTOMER["SignalReporter"], Reporter)
WEATHER_KIND: Final = Words(_CUSTOMER["WeatherKind"], WeatherKind)
ENTRY_TYPE: Final = Words(_CUSTOMER["EntryType"], EntryType)
PARTICIPATION: Final = Words(_CUSTOMER["Participation"], Participation)
BUSINESS_FUNCTION: Final = Words(_CUSTOMER["BusinessFunction"], BusinessFunction)
DURABILITY: Final = Words(_CUSTOMER["Durability"], Durability)
RELIABILITY: Final = Words(_CUSTOMER["Reliability"], Reliability)
PROMISE_STATE: Final = Words(_CUSTOMER["PromiseState"], PromiseState)

DECISION: Final = Words(_DECISION["Decision"], ours.Decision)
REASON_CODE: Final = Words(_DECISION["ReasonCode"], ours.ReasonCode)
BASIS: Final = Words(_DECISION["Basis"], Basis)
CERTAINTY: Final = Words(_DECISION["Certainty"], Certainty)
ITEM_KIND: Final = Words(_DECISION["ItemKind"], ours.ItemKind)
FORCE: Final = Words(_DECISION["Force"], ours.Force)
BENEFIT: Final = Words(_DECISION["Benefit"], ours.Benefit)
ESTABLISHES: Final = Words(_DECISION["Establishes"], ours.Establishes)
WITHHELD: Final = Words(_DECISION["WithheldReason"], Withheld)

SECTION: Final = Words(_PACK["RuleSection"], Section)
SEVERITY: Final = Words(_PACK["DiagnosticSeverity"], Severity)
