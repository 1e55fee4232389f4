"""The guards hold for any pack and any context."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.card import Card, TrustTier
from advisor.engagement.contacts import Contact
from advisor.engagement.limits import Counts, Limit, Span, SpanUnit
from advisor.engagement.places import Place
from advisor.facts.situation import Brand, History, Profile, Situation, Suppressed
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    CompanyProof,
    Decision,
    Disclosure,
    Establishes,
    Force,
    ItemKind,
    LegalClass,
    PurposeKind,
    ReasonCode,
    Sensitivity,
    Stage,
    Suppression,
    Verification,
)
from advisor.guidance import tables
from advisor.guidance.advise import advise, react
from advisor.guidance.decision import Advice, Guidance, Verdict, Withheld
from advisor.guidance.guide import Guide
from advisor.rules.pack import Budgets, Item, Opening, Pack, Purpose, Rule, Section
from advisor.rules.texts import split
from tests.guidance import packs

#: What each marker in a text gives away, and what must be shown before it is told.
MARKERS = {
    "TOPIC": (Disclosure.HEADLINE, Verification.NONE),
    "BOUND": (Disclosure.BOUND, Verification.NONE),
    "HEADLINE": (Disclosure.HEADLINE, Verification.NONE),
    "STATEMENT": (Disclosure.STATEMENT, Verification.NONE),
    "ACCOUNT": (Disclosure.ACCOUNT, Verification.NONE),
    "SENSITIVE": (Disclosure.SENSITIVE, Verification.NONE),
    "GOAL": (Disclosure.SENSITIVE, Verification.VERIFIED),
    "DEFECT": (Disclosure.ACCOUNT, Verification.CLAIMED),
}
NOBODY = ("CARE", "SCORE")
DEMAND = "Please tell me your PIN."
TEXTS = [
    "Hello.",
    "{purpose.topic}",
    "{purpose.headline}",
    "{purpose.say}",
    "{customer.goal}",
    "{customer.reported_defects}",
    "{customer.care_needs}",
    "{bank.score}",
    "{slot.1}",
    "{brand.name}",
    DEMAND,
]
HELP = ("callback", "message", "letter", "human")


@st.composite
def items(draw: st.DrawFn, name: str, *, live: bool = False) -> Item:
    """Generate an item, sensible or not."""
    kind = draw(st.sampled_from(ItemKind))
    text = draw(st.sampled_from(TEXTS))
    optional = draw(st.sampled_from([None, None, "Other words.", *TEXTS]))
    return packs.item(
        name,
        text,
        kind=kind,
        stage=None if live else draw(st.sampled_from(Stage)),
        force=draw(st.sampled_from(Force)),
        or_say=optional,
        short_text=draw(st.sampled_from([None, *TEXTS])),
        ask=draw(st.sampled_from([None, *Ask])) if kind is ItemKind.ASK else None,
        what=draw(st.sampled_from([None, "code_word", "voice_biometric", "card", *HELP])),
        benefit=draw(st.sampled_from([None, *Benefit])),
        establishes=draw(st.sampled_from([None, *Establishes])),
        discloses=draw(st.sampled_from([None, None, *Disclosure])),
        counts_as=draw(st.sampled_from([None, None, *LegalClass])),
    )


@st.composite
def rules(draw: st.DrawFn, *, live: bool = False) -> list[Rule]:
    """Generate rules: guidance or reactions, and eligibility."""
    made = [
        packs.rule(
            f"r{n}",
            *draw(
                st.integers(1, 3).flatmap(
                    lambda count: st.tuples(*(items(f"i{k}", live=live) for k in range(count)))
                )
            ),
            section=Section.REACTIONS if live else Section.GUIDANCE,
            events=frozenset({"customer_busy"}) if live else frozenset(),
            group=draw(st.sampled_from([None, None, "g"])),
            opening=draw(st.sampled_from([None, None, "proof-first", "blurting"])),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    judging = [
        packs.ruling(
            f"e{n}",
            draw(st.sampled_from(Decision).filter(lambda d: d is not Decision.ALLOW)),
            draw(st.sampled_from(ReasonCode)),
            when=packs.when(call__counts_as=draw(st.sampled_from(LegalClass)).value),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    polite = [] if live or draw(st.booleans()) else list(packs.opening_script())
    return [*polite, *made, *judging]


@st.composite
def purposes(draw: st.DrawFn) -> Purpose:
    """Generate a purpose whose rungs are marked."""
    rungs = {name.lower(): split(name) for name in list(MARKERS)[:6]}
    for name in ("bound", "headline", "statement", "account", "sensitive"):
        if draw(st.integers(0, 4)) == 0:
            rungs[name] = None  # type: ignore[assignment]
    return packs.purpose(
        "any",
        kind=draw(st.sampled_from(PurposeKind)),
        sensitivity=draw(st.sampled_from(Sensitivity)),
        least_verification=draw(st.sampled_from(Verification)),
        opening=draw(st.sampled_from(["standard", "person-first", "proof-first", "blurting"])),
        voicemail=draw(st.sampled_from([None, *Disclosure])),
        third_party=draw(st.sampled_from([None, *Disclosure])),
        **rungs,
    )


class Scene:
    """A pack and a situation; no dataclass, because Hypothesis would write out all of a pack."""

    def __init__(self, pack: Pack, situation: Situation) -> None:
        """Keep both."""
        self.pack = pack
        self.situation = situation

    def __repr__(self) -> str:
        """Show what matters of a scene, bounded."""
        lines = [
            f"{self.purpose.sensitivity.word} {self.purpose.least_verification.word} {self.tier}",
            str(self.situation.call),
            *(
                f"{rule.id}/{item.name} {item.kind} {item.stage} {item.force} {item.text} "
                f"{item.or_say} {item.ask} {item.what} {item.establishes} {item.discloses}"
                for rule in self.pack.rules
                for item in rule.items
            ),
        ]
        return "\n".join(lines)[:5_000]

    @property
    def purpose(self) -> Purpose:
        """Why we ring."""
        return self.pack.purposes["any"]

    @property
    def tier(self) -> TrustTier:
        """How much the customer trusts us; not at all, where we cannot know."""
        card = self.situation.profile.card
        if self.situation.state_missing is not None or card is None:
            return TrustTier.LOW
        return card.tier

    def item(self, id_: str) -> Item:
        """Find an item by its id."""
        rule_id, _, name = id_.partition("/")
        rule = next(each for each in self.pack.rules if each.id == rule_id)
        return next(each for each in rule.items if each.name == name)


@st.composite
def scenes(draw: st.DrawFn, *, live: bool = False) -> Scene:
    """Generate a pack and a situation."""
    blurting = Opening("blurting", (Stage.HEADLINE, Stage.GREETING, Stage.PERSON_CHECK, Stage.BODY))
    pack = packs.pack(
        *draw(rules(live=live)),
        purposes=[draw(purposes())],
        openings=[packs.STANDARD, packs.PERSON_FIRST, packs.PROOF_FIRST, blurting],
        budgets=Budgets(items=draw(st.integers(1, 5))),
        brand=Brand(id="acme", name="ACME", sensitive=draw(st.booleans())),
    )
    profile = Profile(
        goal="GOAL",
        reported_defects=frozenset({"DEFECT"}),
        care_needs=frozenset({"CARE"}),
        attributes={"bank.score": 7},
        suppressions=draw(
            st.sampled_from([(), (), (), (Suppressed(source=Suppression.INTERNAL),)])
        ),
    )
    refused = st.frozensets(st.sampled_from([ask.value for ask in Ask]), max_size=2)
    call: dict[str, Any] = {
        "dialled": draw(st.booleans()),
        "stage": draw(st.sampled_from([Stage.PRE_CALL, Stage.PRE_CALL, *Stage])),
        "disclosure": draw(st.sampled_from(Disclosure)),
        "verification": draw(st.sampled_from(Verification)),
        "company_proof": draw(st.sampled_from(CompanyProof)),
        "answered_by": draw(st.sampled_from([None, None, "person", "machine", "third_party"])),
        "asks_made": draw(st.integers(0, 3)),
        "asks_refused": draw(st.one_of(st.just(frozenset[str]()), refused)),
    }
    return Scene(
        pack,
        packs.situation(
            pack,
            "any",
            tier=draw(st.sampled_from(TrustTier)),
            profile=profile,
            call=call,
            state_missing=draw(st.sampled_from([None, None, None, "gone"])),
        ),
    )


def marks(text: str) -> list[str]:
    """List the markers in a text."""
    return [word for word in re.findall(r"[A-Z]{3,}", text) if word in MARKERS]


class Walk:
    """Follows a script from the outside and judges every item where it stands."""

    def __init__(self, scene: Scene, *, live: bool) -> None:
        """Begin where the call stands."""
        call = scene.situation.call
        self.scene = scene
        self.live = live
        self.disclosure = call.disclosure
        self.verification = call.verification
        self.proof = call.company_proof
        self.asks = call.asks_made
        self.overheard = call.answered_by in ("machine", "third_party")

    def judge(self, shown: Guidance) -> None:
        """Assert that an item may be shown here, and count it."""
        item = self.scene.item(shown.id)
        if item.kind is not ItemKind.AVOID:
            assert DEMAND not in (shown.text, shown.short_text)
        if item.kind in tables.SPOKEN:
            for text in (shown.text, shown.short_text or ""):
                self.hear(text, item)
        self.asked(shown)
        self.offered(item)
        if item.benefit is Benefit.COMPANY:
            assert self.scene.tier not in (TrustTier.LOW, TrustTier.GUARDED)
        if not self.live:
            self.count(shown, item)

    def hear(self, text: str, item: Item) -> None:
        """Assert that whoever listens may hear a text."""
        purpose = self.scene.purpose
        call = self.scene.situation.call
        ceiling = tables.highest(purpose.sensitivity, self.verification, call.answered_by)
        shown = Verification.NONE if self.overheard else self.verification
        for mark in marks(text):
            level, needs = MARKERS[mark]
            assert level <= ceiling
            assert needs <= shown
        assert not any(word in text for word in NOBODY)
        assert (item.discloses or Disclosure.NAME) <= ceiling
        if "ACME" in text and self.scene.situation.brand.sensitive:
            assert shown >= Verification.CLAIMED

    def asked(self, shown: Guidance) -> None:
        """Assert that what is asked may be asked."""
        if shown.ask is None or not tables.ASK_SENSITIVITY[shown.ask]:
            return
        refused = self.scene.situation.call.asks_refused
        assert not self.overheard
        assert shown.ask.value not in refused
        assert self.scene.tier is not TrustTier.LOW
        assert self.asks < tables.ASKS_A_CALL[self.scene.tier]
        if shown.ask is Ask.IDENTITY:
            needs = self.scene.purpose.least_verification
            assert self.disclosure >= Disclosure.BOUND
            assert self.proof in (CompanyProof.OFFERED, CompanyProof.ACCEPTED)
            assert needs >= Verification.VERIFIED
            assert needs > self.verification
            assert shown.what in (None, "in_app_approval", "code_word", "voice_biometric")
            assert shown.what != "voice_biometric" or needs is Verification.STRONG
        self.asks += 1

    def offered(self, item: Item) -> None:
        """Assert that what is offered may be offered."""
        if item.kind is not ItemKind.OFFER or (item.what in HELP and item.counts_as is None):
            return
        assert self.scene.tier is not TrustTier.LOW
        assert self.disclosure >= Disclosure.HEADLINE
        plain = (None, LegalClass.SERVICE, LegalClass.EMERGENCY)
        legal = LegalClass.MARKETING if item.counts_as in plain else item.counts_as
        situation = self.scene.situation
        other = replace(situation, occasion=replace(situation.occasion, legal_class=legal))
        verdict = advise(Guide.of(self.scene.pack), other).verdict
        assert verdict.decision >= Decision.ALLOW_WITH_CONDITIONS

    def count(self, shown: Guidance, item: Item) -> None:
        """Move on behind an item."""
        if item.kind in tables.SPOKEN:
            rungs = [
                MARKERS[mark][0] for mark in marks(shown.text) if mark not in ("GOAL", "DEFECT")
            ]
            claimed = {
                Establishes.BOUND: Disclosure.BOUND,
                Establishes.HEADLINE: Disclosure.HEADLINE,
                Establishes.STATEMENT: Disclosure.STATEMENT,
            }.get(item.establishes or Establishes.CLOSE, Disclosure.NAME)
            self.disclosure = max(
                self.disclosure, *rungs, claimed if not rungs else Disclosure.NAME
            )
        if item.establishes is Establishes.COMPANY_PROOF:
            self.proof = max(self.proof, CompanyProof.OFFERED)
        if self.overheard:
            return
        if shown.ask is Ask.IDENTITY:
            one = {"voice_biometric": Verification.STRONG, None: Verification.STRONG}
            reached = one.get(shown.what, Verification.VERIFIED)
            if self.verification is Verification.VERIFIED:
                reached = Verification.STRONG
            reached = min(reached, self.scene.purpose.least_verification)
            self.verification = max(self.verification, reached)
        elif item.establishes is Establishes.PERSON and item.kind in tables.SPOKEN:
            self.verification = max(self.verification, Verification.CLAIMED)


@given(scenes())
def test_every_item_may_be_shown_where_it_stands(scene: Scene) -> None:
    """004-07, 004-08, 004-09, 004-16, 004-24, 004-32: no pack gets past the guards of a script."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    walk = Walk(scene, live=False)
    for shown in advice.items:
        walk.judge(shown)
    before = Walk(scene, live=True)
    for known in advice.brief:
        before.judge(known)


@given(scenes(live=True))
def test_every_reaction_may_be_shown_in_its_state(scene: Scene) -> None:
    """004-07, 004-10: in a live call, only what really happened counts."""
    advice = react(Guide.of(scene.pack), scene.situation, "customer_busy")
    walk = Walk(scene, live=True)
    for shown in advice.items:
        walk.judge(shown)
    assert len(advice.items) <= scene.pack.settings.budgets.items
    assert advice.brief == ()


@given(scenes())
def test_budgets_are_kept(scene: Scene) -> None:
    """001-07: a brief of three, a budget per moment, and no MUST makes way for less."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    budget = scene.pack.settings.budgets.items
    assert len(advice.brief) <= 3
    assert all(count <= budget for count in Counter(each.stage for each in advice.items).values())
    for left_out in advice.suppressed:
        item = scene.item(left_out.id)
        if left_out.why is Withheld.BUDGET and item.force is Force.MUST:
            known = item.kind is ItemKind.KNOW and item.stage is Stage.PRE_CALL
            there = advice.brief if known else advice.items
            forces = [each.force for each in there if known or each.stage is item.stage]
            assert forces == [Force.MUST] * (3 if known else budget)


@given(scenes())
def test_the_least_sensitive_ask_of_a_moment_comes_first(scene: Scene) -> None:
    """004-28: in one moment, guarded asks go from the least sensitive to the most."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    for stage in Stage:
        asks = [
            tables.ASK_SENSITIVITY[each.ask]
            for each in advice.items
            if each.stage is stage and each.ask is not None and tables.ASK_SENSITIVITY[each.ask]
        ]
        assert asks == sorted(asks)


@given(scenes())
def test_nothing_is_shown_for_a_call_that_is_not_made(scene: Scene) -> None:
    """A call that is not to be dialled shows nothing; one to be ended, how to end it."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    if advice.verdict.decision >= Decision.ALLOW_WITH_CONDITIONS:
        return
    if not scene.situation.call.dialled:
        assert (advice.brief, advice.items) == ((), ())
    elif advice.verdict.decision is Decision.BLOCK:
        kinds = {each.kind for each in advice.items}
        assert kinds <= {ItemKind.STOP, ItemKind.CLOSE}
    elif not {each.code for each in advice.verdict.reasons} <= tables.OF_THE_MOMENT:
        assert {each.ask for each in advice.items} <= {None, *tables.STILL_ASKED}
        offers = {each.what for each in advice.items if each.kind is ItemKind.OFFER}
        assert offers <= tables.STILL_OFFERED


@given(scenes())
def test_everything_is_shown_or_accounted_for(scene: Scene) -> None:
    """Each item of each matched rule is shown once, or withheld once, with its reason."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    asked_for = [
        f"{rule.id}/{item.name}"
        for rule in scene.pack.rules
        if rule.section is Section.GUIDANCE
        for item in rule.items
    ]
    shown = [each.id for each in (*advice.brief, *advice.items)]
    answered = shown + [each.id for each in advice.suppressed]
    assert sorted(answered) == sorted(asked_for)
    assert all(each.text for each in advice.suppressed)


@given(scenes(), st.randoms())
def test_reasons_are_complete_in_any_order(scene: Scene, random: Random) -> None:
    """All reasons are kept, and the order of the rules in a pack changes no verdict."""
    shuffled = list(scene.pack.rules)
    random.shuffle(shuffled)
    other = replace(
        scene.pack, rules=tuple(replace(each, number=n) for n, each in enumerate(shuffled))
    )
    verdict = advise(Guide.of(scene.pack), scene.situation).verdict
    assert advise(Guide.of(other), scene.situation).verdict == verdict
    legal = scene.situation.occasion.legal_class.value
    matching = {
        rule.id
        for rule in scene.pack.rules
        if rule.ruling is not None and rule.when == packs.when(call__counts_as=legal)
    }
    assert matching == {r.rule for r in verdict.reasons if not r.rule.startswith("guard/")}
    assert verdict.decision == min((r.decision for r in verdict.reasons), default=Decision.ALLOW)


@given(scenes())
def test_more_trust_never_asks_less(scene: Scene) -> None:
    """004-27: what may be asked grows with trust, for one and the same pack."""
    pack = replace(
        scene.pack,
        rules=tuple(
            replace(
                rule,
                items=tuple(
                    replace(item, benefit=None, kind=_no_offer(item.kind), counts_as=None)
                    for item in rule.items
                ),
            )
            for rule in scene.pack.rules
        ),
    )
    asked = [
        {
            each.id
            for each in advised_at(pack, scene.situation, tier).items
            if each.ask is not None and tables.ASK_SENSITIVITY[each.ask]
        }
        for tier in (
            TrustTier.LOW,
            TrustTier.GUARDED,
            TrustTier.NEUTRAL,
            TrustTier.WARM,
            TrustTier.FULL,
        )
    ]
    assert all(less <= more for less, more in itertools.pairwise(asked))
    assert asked[0] == set()


def _no_offer(kind: ItemKind) -> ItemKind:
    """Take away what low trust is refused for another reason than asks."""
    return ItemKind.SAY if kind is ItemKind.OFFER else kind


def advised_at(pack: Pack, situation: Situation, tier: TrustTier) -> Advice:
    """Advise as if the customer trusted us so much."""
    profile = replace(situation.profile, card=Card(tier=tier))
    return advise(Guide.of(pack), replace(situation, profile=profile, state_missing=None))


@given(scenes())
def test_secrets_stand_under_do_not_ask(scene: Scene) -> None:
    """Whatever the call, its list of what not to ask ends with the secrets."""
    advice = advise(Guide.of(scene.pack), scene.situation)
    assert advice.do_not_ask[-len(tables.SECRETS) :] == tables.SECRETS


HOURS = st.builds(
    lambda start, length, days: Calendar(
        id="hours",
        open=dict.fromkeys(days, (Window(start * 30, (start * 30 + length * 30) % 1440),)),
    ),
    st.integers(0, 47),
    st.integers(1, 47),
    st.sets(st.integers(0, 6), min_size=1),
)
ZONES = st.lists(
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "America/St_Johns"]),
    min_size=1,
    max_size=3,
    unique=True,
)


@given(
    HOURS,
    ZONES,
    st.integers(0, 60 * 24 * 14),
    st.lists(st.integers(0, 60 * 24 * 3), max_size=4),
    st.builds(
        lambda at_most, span: Limit(
            id="cap", count=Counts.ATTEMPTS, at_most=at_most, span=Span(span, SpanUnit.HOURS)
        ),
        st.integers(1, 3),
        st.integers(1, 72),
    ),
)
def test_not_before_is_the_first_instant_that_nothing_defers(
    hours: Calendar, zones: list[str], minute: int, ages: list[int], limit: Limit
) -> None:
    """Judged again at `not_before` the call is allowed; a minute earlier it was not."""
    pack = packs.pack(calendars=[hours], default_calendar="hours", limits=[limit])
    # Around the night on which American clocks are put forward.
    now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)
    history = History(contacts=tuple(Contact(at=now - timedelta(minutes=age)) for age in ages))
    places = [Place(ZoneInfo(zone), None) for zone in zones]
    guide = Guide.of(pack)

    def judged(at: datetime) -> Verdict:
        scene = packs.situation(pack, places=places, now=at, history=history)
        return advise(guide, scene).verdict

    verdict = judged(now)
    if verdict.decision is Decision.ALLOW:
        return
    if verdict.not_before is None:
        assert verdict.windows == ()
        return
    assert judged(verdict.not_before).decision is Decision.ALLOW
    before = verdict.not_before - timedelta(minutes=1)
    assert before < now or judged(before).decision is Decision.DEFER
