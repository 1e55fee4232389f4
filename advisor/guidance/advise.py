"""The one function that turns a situation into advice, and the one that answers an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

from advisor.engagement.card import TrustTier
from advisor.facts.events import AWAIT_WORDS
from advisor.facts.shown import said
from advisor.facts.situation import Situation
from advisor.facts.values import Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision, ItemKind, LegalClass
from advisor.guidance import guards, tables
from advisor.guidance.context import Ledger
from advisor.guidance.course import Happening, course_of
from advisor.guidance.decision import Advice, Guidance, Offer, Task, UsedFact, Verdict
from advisor.guidance.eligibility import verdict_of
from advisor.guidance.fallback import fallback
from advisor.guidance.forecast import foreseen
from advisor.guidance.guards import Progress, Setting
from advisor.guidance.guide import Guide
from advisor.guidance.offering import with_offers
from advisor.guidance.opening import opening_of
from advisor.guidance.rendering import Renderer
from advisor.guidance.script import Candidate, Writer
from advisor.guidance.situations import call_as_stated, stated_after
from advisor.guidance.state import CallState, state_of
from advisor.guidance.urgency import by_urgency, strongest
from advisor.rules.pack import Item, Opening, Purpose, Rule, Section

#: Advice that nothing else ends is asked for again after this.
VALID: Final = timedelta(minutes=5)

#: What an agent is still shown when a call is blocked while somebody is on the line.
_ENDING: Final = frozenset({ItemKind.STOP, ItemKind.CLOSE})

_TIERS: Final = MappingProxyType({tier.word: tier for tier in TrustTier})
_NOTHING: Mapping[str, Value] = MappingProxyType({})


def advise(guide: Guide, situation: Situation, *, explain: bool = True) -> Advice:
    """Decide whether to call, and write the brief and the script.

    Args:
        guide: The pack, ready to be matched.
        situation: Everything known about one call at one instant; its purpose is of the pack.
        explain: Whether items and reasons name the facts that made them apply.
    """
    speaking = guide.matcher.sections.get(Section.GUIDANCE, 0)
    scene = _Scene(guide, situation, speaking, explain=explain)
    found = scene.permitted(scene.speaking)
    known: tuple[Guidance, ...] = ()
    if found:
        known = scene.writer.brief(found, scene.progress())
        scene.writer.compose(found, scene.opening, scene.state, scene.progress())
    return scene.advice(known)


def react(
    guide: Guide,
    situation: Situation,
    event: str,
    given: Mapping[str, Value] = _NOTHING,
    *,
    explain: bool = True,
) -> Advice:
    """Answer an event of a call in progress.

    Args:
        guide: The pack, ready to be matched.
        situation: As it was before the event.
        event: Its word in `EVENTS`.
        given: Facts of the event by full name (``event.window``).
        explain: Whether items and reasons name the facts that made them apply.

    Returns:
        The reactions as items of the moment; a brief and a script are not written again.
    """
    return _answered(guide, happened(situation, event, given), event, explain=explain)


def reply(
    guide: Guide,
    situation: Situation,
    event: str,
    given: Mapping[str, Value] = _NOTHING,
    *,
    explain: bool = True,
) -> Advice:
    """Answer an event of a call that stands already as it does after it.

    Args:
        guide: The pack, ready to be matched.
        situation: As it is after the event.
        event: Its word in `EVENTS`.
        given: Facts of the event by full name (``event.window``).
        explain: Whether items and reasons name the facts that made them apply.

    Returns:
        The reactions as items of the moment. Where the pack has no words for something that the
        customer did, plain words that are always true, and `uncovered`.
    """
    stated = stated_after(situation.stated, given, event)
    advice = _answered(guide, replace(situation, stated=stated), event, explain=explain)
    if event not in AWAIT_WORDS or any(item.kind in tables.SPOKEN for item in advice.items):
        return advice
    locale = situation.call.locale or guide.pack.settings.default_locale
    words = fallback(locale, situation.call.stage)
    return replace(advice, items=(*advice.items, words), uncovered=True)


def _answered(guide: Guide, situation: Situation, event: str, *, explain: bool) -> Advice:
    scene = _Scene(guide, situation, guide.matcher.events.get(event, 0), explain=explain)
    found = scene.permitted(scene.speaking)
    stage, progress = scene.state.stage, scene.progress(live=True)
    scene.writer.answer(found, stage, scene.state.said, progress)
    return scene.advice(())


def happened(situation: Situation, event: str, given: Mapping[str, Value] = _NOTHING) -> Situation:
    """Return a situation as it is after an event of its call.

    What was stated about the state of the call becomes part of the call, so that it can move on.
    """
    begun = call_as_stated(situation.call, situation.stated)
    happening = Happening(id=event, kind=event, at=situation.now)
    call = course_of({}, begun, [happening]).call
    return replace(situation, call=call, stated=stated_after(situation.stated, given, event))


def _tasks(rules: Iterable[Rule]) -> Iterator[Task]:
    """Iterate over what rules raise; of a group only the strongest's."""
    for rule in strongest(rules):
        for raised in rule.raises:
            yield Task(
                id=f"{rule.id}/{raised.name}",
                purpose=raised.purpose,
                owner=raised.owner,
                within=raised.within.elapsed,
                because=rule.because,
            )


def _wants_nothing(item: Item) -> bool:
    """Tell whether an item asks for nothing that a call that should not be made may ask for."""
    if item.kind is ItemKind.OFFER:
        return item.what in tables.STILL_OFFERED
    return item.ask is None or item.ask in tables.STILL_ASKED


def _no_grounds(_rule: Rule) -> tuple[tuple[UsedFact, ...], bool]:
    """Name nothing: what a call would be judged as is no ground of what it is."""
    return (), False


class _Scene:
    """What advising and reacting have in common, for one situation."""

    def __init__(self, guide: Guide, situation: Situation, speaking: int, *, explain: bool) -> None:
        """Match, judge, and work out what the guards must know.

        Args:
            guide: The pack.
            situation: Everything known about the call.
            speaking: The rules that may speak, beside those that judge the call.
            explain: Whether items and reasons name their facts.
        """
        self._matcher = guide.matcher
        self._judging = guide.matcher.sections.get(Section.ELIGIBILITY, 0)
        self.pack = guide.pack
        self.situation = situation
        if situation.stated:
            call = call_as_stated(situation.call, situation.stated)
            self.situation = replace(situation, call=call)
        if guide.forecasts:
            self.situation = foreseen(guide, self.situation)
        later = partial(with_offers, guide)
        self.facts = Facts(self.pack.catalogue, self.situation, later)
        self.match = self._matcher.match(self.facts, speaking | self._judging)
        self.speaking = by_urgency(self.match.rules(speaking), self.facts)
        self.purpose: Purpose = self.pack.purposes[self.situation.occasion.id]
        locale = self.situation.call.locale or self.pack.settings.default_locale
        self._locale = locale
        renderer = Renderer(self.facts, self.purpose, locale)
        self.ledger = Ledger(self.facts, self.match.unsure, renderer, explain=explain)
        self.judged = verdict_of(
            self.pack, self.match.rules(self._judging), self.facts, self.ledger.grounds
        )
        self.state: CallState = state_of(self.situation.call)
        tier = self._tier()
        self.setting = Setting(
            purpose=self.purpose,
            tier=tier,
            asks=tables.allowed_asks(tier, self.pack.settings.budgets.asks),
            locale=locale,
            facts=self.facts,
            renderer=renderer,
            verdict_as=self._verdict_as(),
        )
        self.writer = Writer(self.setting, self.ledger.grounds, self.pack.settings.budgets.items)
        self.opening: Opening = opening_of(
            self.pack, self.purpose, self.situation.brand, self.speaking
        )

    def progress(self, *, live: bool = False) -> Progress:
        """Begin where the call stands."""
        return Progress.at(self.state, self.purpose, live=live)

    def permitted(self, rules: Iterable[Rule]) -> list[Candidate]:
        """List the items of rules, without what the verdict forbids to show."""
        found = self.writer.candidates(rules)
        decision = self.judged.verdict.decision
        if decision >= Decision.ALLOW_WITH_CONDITIONS:
            return found
        if not self.situation.call.dialled:
            self.writer.no_call(found)
            return []
        if decision is Decision.BLOCK:
            return self._but(found, lambda item: item.kind in _ENDING)
        codes = {reason.code for reason in self.judged.verdict.reasons}
        return found if codes <= tables.OF_THE_MOMENT else self._but(found, _wants_nothing)

    def _but(self, found: Iterable[Candidate], shows: Callable[[Item], bool]) -> list[Candidate]:
        """Withhold what is only for a call that is made, and list the rest."""
        parted: dict[bool, list[Candidate]] = {True: [], False: []}
        for each in found:
            parted[shows(each.item)].append(each)
        self.writer.no_call(parted[False])
        return parted[True]

    def advice(self, known: tuple[Guidance, ...]) -> Advice:
        """Put the answer together."""
        verdict = self.judged.verdict
        now = self.situation.now
        changes = [reason.until for reason in verdict.reasons if reason.until is not None]
        changes += [self.judged.closes] if self.judged.closes is not None else []
        return Advice(
            pack_version=self.pack.version,
            verdict=verdict,
            brief=known,
            items=tuple(self.writer.items),
            do_not_ask=guards.do_not_ask(self.state, self.setting),
            proof=self.situation.brand.proof,
            card=self.situation.profile.card,
            suppressed=tuple(self.writer.suppressed),
            tasks=tuple(_tasks(self.speaking)),
            context=self.ledger.report(degraded=self._degraded(), pack=self.pack),
            valid_until=min([now + VALID, *(change for change in changes if change > now)]),
            opening=self.opening.id,
            offers=tuple(
                Offer(slot, said(slot.start, self._locale, zone=slot.zone, now=now))
                for slot in self.facts.situation.offers or ()
            ),
        )

    def _verdict_as(self) -> Callable[[LegalClass], Verdict]:
        known = {self.situation.occasion.legal_class: self.judged.verdict}

        def judge(legal: LegalClass) -> Verdict:
            if legal not in known:
                other = replace(
                    self.situation,
                    occasion=replace(self.situation.occasion, legal_class=legal),
                    stated={**self.situation.stated, "call.counts_as": legal.value},
                )
                facts = Facts(self.pack.catalogue, other)
                rules = self._matcher.match(facts, self._judging).rules()
                known[legal] = verdict_of(self.pack, rules, facts, _no_grounds).verdict
            return known[legal]

        return judge

    def _tier(self) -> TrustTier:
        """Return the customer's tier; where their state cannot be read, trust is not assumed."""
        if self._degraded() is not None:
            return TrustTier.LOW
        word = self.facts.value("card.tier")
        return _TIERS.get(word, TrustTier.UNKNOWN) if isinstance(word, str) else TrustTier.UNKNOWN

    def _degraded(self) -> str | None:
        return self.situation.state_missing
