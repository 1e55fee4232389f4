"""The guards: what no pack can make the advisor say, ask or offer.

They judge every item after the rules, at its place in the script, and name what they removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from advisor.engagement.card import TrustTier
from advisor.facts.view import Facts
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    CompanyProof,
    Decision,
    Disclosure,
    Establishes,
    ItemKind,
    LegalClass,
    ReasonCode,
    Verification,
)
from advisor.guidance import tables
from advisor.guidance.decision import Verdict, Withheld
from advisor.guidance.rendering import Listener, Renderer, Words, listener
from advisor.guidance.secrecy import asks_for_secret, pack_asks_for_secret
from advisor.guidance.state import CallState
from advisor.rules.pack import Item, Purpose

#: What an offer may be of that helps with the call itself and sells nothing.
HELP: Final = frozenset({"callback", "message", "letter", "human"})

#: Company proof that counts as offered.
_PROVED: Final = frozenset({CompanyProof.OFFERED, CompanyProof.ACCEPTED})

#: Classes of law that an offer cannot hide behind.
_NO_DISGUISE: Final = frozenset({LegalClass.SERVICE, LegalClass.EMERGENCY})

#: The gate that a reason stands for: does the customer need it, does it fit the brand, can the
#: company do it now?
_GATES: Final = {
    ReasonCode.NO_NEED: "need",
    ReasonCode.NO_RELEVANCE: "need",
    ReasonCode.BRAND_UNFIT: "brand",
    ReasonCode.CAPACITY_NONE: "capacity",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item is not shown, as a code and as one sentence."""

    why: Withheld
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a guard must know beside the item: it does not change along one script.

    Attributes:
        asks: Guarded asks that the tier allows in one call.
        verdict_as: Judges the call again as if it were of another class of law.
    """

    purpose: Purpose
    tier: TrustTier
    asks: int
    locale: str
    facts: Facts
    renderer: Renderer
    verdict_as: Callable[[LegalClass], Verdict]


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a call has come at one place of a script: *before* means position there.

    Attributes:
        past_headline: Whether this place is behind the moment of the headline.
        live: Whether only what really happened counts (a reaction), not what stands above.
    """

    purpose: Purpose
    disclosure: Disclosure
    verification: Verification
    company_proof: CompanyProof
    asks_made: int
    asks_refused: frozenset[str]
    answered_by: str | None
    past_headline: bool = False
    live: bool = False
    to: Listener = field(init=False)

    def __post_init__(self) -> None:
        """Work out who is listening."""
        self.to = listener(self.purpose, self.verification, self.answered_by)

    @classmethod
    def at(cls, state: CallState, purpose: Purpose, *, live: bool = False) -> Progress:
        """Begin where a call stands."""
        return cls(
            purpose=purpose,
            disclosure=state.disclosure,
            verification=state.verification,
            company_proof=state.company_proof,
            asks_made=state.asks_made,
            asks_refused=state.asks_refused,
            answered_by=state.answered_by,
            past_headline=live,
            live=live,
        )

    @property
    def overheard(self) -> bool:
        """Whether somebody other than the customer listens."""
        return self.answered_by in {tables.MACHINE, tables.THIRD_PARTY}

    def take(self, item: Item, words: Words) -> None:
        """Count an item as said or done."""
        if cost(item):
            self.asks_made += 1
        if self.live:
            return
        if item.kind in tables.SPOKEN:
            self.disclosure = max(self.disclosure, words.rung)
        if item.establishes is Establishes.COMPANY_PROOF:
            self.company_proof = max(self.company_proof, CompanyProof.OFFERED)
        if self.overheard:
            return
        if item.ask is Ask.IDENTITY:
            self._verified(_shows(item, self.purpose, self.verification))
        elif item.establishes is Establishes.PERSON and item.kind in tables.SPOKEN:
            self._verified(Verification.CLAIMED)

    def _verified(self, shown: Verification) -> None:
        self.verification = max(self.verification, shown)
        self.to = listener(self.purpose, self.verification, self.answered_by)


def asked(item: Item) -> Ask | None:
    """Return what an item asks for; an ask that does not say counts as one for data."""
    if item.ask is None and item.kind is ItemKind.ASK:
        return Ask.DATA
    return item.ask


def cost(item: Item) -> int:
    """Return how sensitive an item's ask is; 0 where it asks nothing that is guarded."""
    ask = asked(item)
    return 0 if ask is None else tables.ASK_SENSITIVITY[ask]


def refusal(item: Item, at: Progress, setting: Setting) -> Refusal | None:
    """Judge an item before its words: return why it may not be shown here, or None."""
    if item.benefit is Benefit.COMPANY and setting.tier in tables.NOT_FOR_THE_COMPANY_ALONE:
        return Refusal(
            Withheld.BENEFIT, "It serves only the company, and the customer trusts us little."
        )
    if cost(item):
        found = _ask_refusal(item, at, setting)
        if found is not None:
            return found
    if item.kind is ItemKind.OFFER or item.counts_as is not None:
        return _offer_refusal(item, at, setting)
    return None


def words_of(item: Item, at: Progress, setting: Setting) -> Words | Refusal:
    """Fill an item's text for who listens here; `or_say` serves where the text cannot be said."""
    words = _filled(item, at, setting, short=False)
    if isinstance(words, Withheld):
        return _UNSAID[words]
    if _asks_for_secret(words, item, setting):
        return Refusal(Withheld.SECRET, "No customer is ever asked for this.")
    return words


def short_text(item: Item, at: Progress, setting: Setting) -> str | None:
    """Fill an item's short text, or return None where it has none that may be shown."""
    if item.short_text is None:
        return None
    words = _filled(item, at, setting, short=True)
    if isinstance(words, Withheld) or _asks_for_secret(words, item, setting):
        return None
    return words.text


def do_not_ask(state: CallState, setting: Setting) -> tuple[str, ...]:
    """List what the agent must not ask in this call: what is refused or not needed, and secrets."""
    needs = setting.purpose.least_verification
    words = dict.fromkeys(sorted(state.asks_refused))
    if (
        needs < Verification.VERIFIED
        or needs <= state.verification
        or setting.asks == 0
        or state.answered_by in {tables.MACHINE, tables.THIRD_PARTY}
    ):
        words[Ask.IDENTITY.value] = None
    if setting.asks == 0:
        words |= dict.fromkeys(ask.value for ask in tables.GUARDED_ASKS)
    return (*words, *tables.SECRETS)


_UNSAID: Final = {
    Withheld.FACT_UNKNOWN: Refusal(
        Withheld.FACT_UNKNOWN, "A fact in its words is unknown, and it has no other words."
    ),
    Withheld.DISCLOSURE: Refusal(
        Withheld.DISCLOSURE, "Whoever is listening may not hear this (yet)."
    ),
}


def _asks_for_secret(words: Words, item: Item, setting: Setting) -> bool:
    judged = asks_for_secret if words.facts else pack_asks_for_secret
    return judged(words.text, item.kind, setting.locale)


def _filled(item: Item, at: Progress, setting: Setting, *, short: bool) -> Words | Withheld:
    words = _fill(item, at, setting, short=short)
    if isinstance(words, Withheld) and not short and item.or_say is not None:
        other = _fill(item, at, setting, short=False, otherwise=True)
        return words if isinstance(other, Withheld) else other
    return words


def _fill(
    item: Item, at: Progress, setting: Setting, *, short: bool, otherwise: bool = False
) -> Words | Withheld:
    text = item.text
    if short and item.short_text is not None:
        text = item.short_text
    elif otherwise and item.or_say is not None:
        text = item.or_say
    if item.kind not in tables.SPOKEN:
        return setting.renderer.read(text, at.to)
    claims = Disclosure.NAME
    if item.establishes is not None:
        claims = tables.ESTABLISHED.get(item.establishes, Disclosure.NAME)
    return setting.renderer.spoken(text, at.to, item.discloses or Disclosure.NAME, claims)


def _shows(item: Item, purpose: Purpose, shown: Verification) -> Verification:
    """Return what the customer has shown once an ask for identity is answered."""
    one = purpose.least_verification if item.by is None else tables.METHODS[item.by]
    reached = Verification.STRONG if shown is Verification.VERIFIED else one
    return min(reached, purpose.least_verification)


def _ask_refusal(item: Item, at: Progress, setting: Setting) -> Refusal | None:
    if asked(item) is Ask.IDENTITY:
        found = _identity_refusal(item, at)
        if found is not None:
            return Refusal(Withheld.IDENTITY, found)
    if any(tables.ASK_SENSITIVITY[Ask(word)] <= cost(item) for word in _guarded(at.asks_refused)):
        return Refusal(Withheld.ASK_BUDGET, "The customer has refused this, or less, in this call.")
    if at.overheard:
        return Refusal(
            Withheld.ASK_BUDGET, "Only the customer is asked, and somebody else listens."
        )
    if at.asks_made >= setting.asks:
        return Refusal(
            Withheld.ASK_BUDGET,
            f"This customer's trust ({setting.tier.word}) allows {setting.asks} asks a call.",
        )
    return None


def _guarded(refused: frozenset[str]) -> list[str]:
    return [ask.value for ask in tables.GUARDED_ASKS if ask.value in refused]


def _identity_refusal(item: Item, at: Progress) -> str | None:
    """Return the first of the conditions for asking identity that does not hold."""
    needs = at.purpose.least_verification
    shows = Verification.NONE if item.by is None else tables.METHODS[item.by]
    conditions = (
        (
            needs >= Verification.VERIFIED and needs > at.verification,
            "The purpose needs no more than the customer has shown.",
        ),
        (shows <= needs, "It asks for more than the purpose needs."),
        (at.disclosure >= tables.ENOUGH_TO_ASK, "The customer has not been told what it is about."),
        (at.company_proof in _PROVED, "The company has not offered to prove itself."),
        (Ask.IDENTITY not in at.asks_refused, "The customer has refused it in this call."),
    )
    return next((why for holds, why in conditions if not holds), None)


def _offer_refusal(item: Item, at: Progress, setting: Setting) -> Refusal | None:
    """Judge an offer: the way in which it may be made, then its three gates."""
    helps = item.what in HELP and item.counts_as is None
    capacity = "capacity.callback" if helps else "capacity.purpose"
    why = None
    if helps:
        if item.what == "callback" and setting.facts.value(capacity) == 0:
            why = "It fails the gate: capacity."
    elif setting.tier is TrustTier.LOW:
        why = "Nothing is offered where trust is low."
    elif not at.past_headline or at.disclosure < Disclosure.HEADLINE:
        why = "Nothing is offered before the call's own headline is said."
    elif setting.facts.value(capacity) == 0:
        why = "It fails the gate: capacity."
    else:
        why = _not_eligible(item.counts_as or LegalClass.MARKETING, setting)
    return None if why is None else Refusal(Withheld.OFFER, why)


def _not_eligible(legal: LegalClass, setting: Setting) -> str | None:
    """Say why a call may not become one of another class of law, or of its own; None if it may."""
    legal = LegalClass.MARKETING if legal in _NO_DISGUISE else legal
    verdict = setting.verdict_as(legal)
    if verdict.decision >= Decision.ALLOW_WITH_CONDITIONS:
        return None
    code = verdict.reasons[0].code
    gate = _GATES.get(code)
    if gate is not None:
        return f"It fails the gate: {gate}."
    return f"It would make this a {legal.value} call, which is not allowed now: {code.value}."
