"""Facts of the call itself: where it stands, and what has been said, shown and asked in it."""

from __future__ import annotations

from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, FactType, Tell, Value
from advisor.facts.vocabulary import (
    Ask,
    CompanyProof,
    Disclosure,
    LegalClass,
    PurposeKind,
    Stage,
    Verification,
)
from advisor.facts.worlds import World

#: Who answered, in the words of the contract.
ANSWERED_BY: Final = ("person", "third_party", "machine")


def _region(situation: Situation, world: World) -> Value:  # noqa: ARG001 - a world's reader
    return world.place.region or UNKNOWN


def _regions(situation: Situation) -> Value:
    regions = frozenset(w.place.region for w in situation.worlds if w.place.region is not None)
    return regions or frozenset(situation.call.regions) or UNKNOWN


def _time_zones(situation: Situation) -> Value:
    zones = frozenset(world.place.zone.key for world in situation.worlds)
    return zones or frozenset(situation.call.time_zones) or UNKNOWN


def _counts_as(situation: Situation) -> Value:
    return situation.occasion.legal_class.value


def _promised(situation: Situation) -> Value:
    return situation.occasion.kind is PurposeKind.CALLBACK_PROMISED


FACTS: Final = (
    Fact(
        name="call.stage",
        type=FactType.ORDERED_CHOICE,
        about="Where the call stands, from before it is dialled to its wrap-up.",
        sent_by="dialer",
        absent_means=Stage.PRE_CALL.word,
        choices=tuple(stage.word for stage in Stage),
        read=lambda s: s.call.stage.word,
    ),
    Fact(
        name="call.disclosure",
        type=FactType.ORDERED_CHOICE,
        about="How much has been said so far, from the agent's name to sensitive matters.",
        sent_by="dialer or desk",
        absent_means=Disclosure.NAME.word,
        choices=tuple(rung.word for rung in Disclosure),
        read=lambda s: s.call.disclosure.word,
    ),
    Fact(
        name="call.customer_verification",
        type=FactType.ORDERED_CHOICE,
        about="What the customer has shown of who they are.",
        sent_by="dialer or desk",
        absent_means=Verification.NONE.word,
        choices=tuple(shown.word for shown in Verification),
        read=lambda s: s.call.verification.word,
    ),
    Fact(
        name="call.company_proof",
        type=FactType.ORDERED_CHOICE,
        about="What the company has shown of who it is.",
        sent_by="dialer or desk",
        absent_means=CompanyProof.NONE.word,
        choices=tuple(proof.word for proof in CompanyProof),
        read=lambda s: s.call.company_proof.word,
    ),
    Fact(
        name="call.region",
        type=FactType.REGION,
        about="Where the customer may be; it moves together with the local time.",
        sent_by="dialer, CRM or the number",
        read_in_world=_region,
    ),
    Fact(
        name="call.regions",
        type=FactType.CHOICES,
        about="All regions where the customer may be, by their exact codes.",
        sent_by="dialer, CRM or the number",
        read=_regions,
    ),
    Fact(
        name="call.time_zones",
        type=FactType.CHOICES,
        about="All zones where the customer may be, by IANA name.",
        sent_by="dialer, CRM or the number",
        read=_time_zones,
    ),
    Fact(
        name="call.brand",
        type=FactType.TEXT,
        about="The id of the brand in whose name the company rings; always known.",
        sent_by="dialer",
        absent_means="",
        read=lambda s: s.call.brand,
    ),
    Fact(
        name="call.campaign",
        type=FactType.TEXT,
        about="The id of the campaign that the call belongs to; empty where it belongs to none.",
        sent_by="dialer",
        absent_means="",
        read=lambda s: s.call.campaign,
    ),
    Fact(
        name="call.number",
        type=FactType.TEXT,
        about="The dialled number, E.164.",
        tell=Tell.NOBODY_AT_ALL,
        sent_by="dialer",
        read=lambda s: s.call.number or UNKNOWN,
    ),
    Fact(
        name="call.locale",
        type=FactType.TEXT,
        about="Language and country of the words, BCP 47.",
        sent_by="dialer",
        read=lambda s: s.call.locale or UNKNOWN,
    ),
    Fact(
        name="call.attempt",
        type=FactType.WHOLE_NUMBER,
        about="Which attempt of this matter it is, from 1.",
        sent_by="dialer",
        unit="attempts",
        read=lambda s: UNKNOWN if s.call.attempt is None else s.call.attempt,
    ),
    Fact(
        name="call.promised",
        type=FactType.YES_NO,
        about="Is this the call-back that the customer was promised?",
        absent_means=False,
        read=_promised,
    ),
    Fact(
        name="call.dialled",
        type=FactType.YES_NO,
        about="Has the number been dialled already?",
        sent_by="dialer",
        absent_means=False,
        read=lambda s: s.call.dialled,
    ),
    Fact(
        name="call.answered_by",
        type=FactType.CHOICE,
        about="Who answered.",
        sent_by="dialer",
        choices=ANSWERED_BY,
        read=lambda s: s.call.answered_by or UNKNOWN,
    ),
    Fact(
        name="call.asks_made",
        type=FactType.WHOLE_NUMBER,
        about="How many asks of this call have counted against the customer's ask budget.",
        sent_by="dialer or desk",
        absent_means=0,
        unit="asks",
        read=lambda s: s.call.asks_made,
    ),
    Fact(
        name="call.asks_refused",
        type=FactType.CHOICES,
        about="What the customer has refused to give in this call.",
        sent_by="dialer or desk",
        absent_means=frozenset(),
        choices=tuple(ask.value for ask in Ask),
        read=lambda s: s.call.asks_refused,
    ),
    Fact(
        name="call.counts_as",
        type=FactType.CHOICE,
        about="The class of law this call counts as; an offer turns a service call into marketing.",
        choices=tuple(legal.value for legal in LegalClass),
        read=_counts_as,
    ),
)
