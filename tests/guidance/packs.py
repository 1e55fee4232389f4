"""Small packs and situations made by hand, and an obvious matcher for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.card import Card, TrustTier
from advisor.engagement.limits import Limit
from advisor.engagement.places import Place
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Fact
from advisor.facts.situation import Agent, Brand, Call, Profile, Situation
from advisor.facts.values import FactType, Tell, Value
from advisor.facts.vocabulary import (
    EVALUATION_CLASS,
    LEGAL_CLASS,
    Ask,
    CompanyProofMethod,
    Decision,
    Establishes,
    EvaluationClass,
    Force,
    ItemKind,
    PurposeKind,
    ReasonCode,
    Sensitivity,
    Stage,
    Verification,
    VerificationMethod,
)
from advisor.facts.worlds import worlds_at
from advisor.guidance.guide import Guide
from advisor.guidance.situations import occasion_of
from advisor.rules.conditions import All, Condition, Leaf, Operator
from advisor.rules.pack import (
    Budgets,
    IfUnsure,
    Item,
    Opening,
    Pack,
    Purpose,
    Rule,
    Ruling,
    Section,
    Settings,
)
from advisor.rules.source import Mark
from advisor.rules.texts import split

MARK: Final = Mark("pack.yaml", 1, 1)

#: A Monday afternoon in London.
NOW: Final = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
LONDON: Final = Place(ZoneInfo("Europe/London"), "GB")

STANDARD: Final = Opening(
    "standard",
    (
        Stage.GREETING,
        Stage.PERSON_CHECK,
        Stage.HEADLINE,
        Stage.TIMING_CHECK,
        Stage.COMPANY_PROOF,
        Stage.CUSTOMER_VERIFICATION,
        Stage.BODY,
        Stage.RECAP,
        Stage.CLOSE,
    ),
)
PERSON_FIRST: Final = Opening(
    "person-first",
    (
        Stage.GREETING,
        Stage.PERSON_CHECK,
        Stage.COMPANY_PROOF,
        Stage.CUSTOMER_VERIFICATION,
        Stage.HEADLINE,
        Stage.TIMING_CHECK,
        Stage.BODY,
        Stage.CLOSE,
    ),
)
PROOF_FIRST: Final = Opening(
    "proof-first",
    (
        Stage.GREETING,
        Stage.PERSON_CHECK,
        Stage.COMPANY_PROOF,
        Stage.HEADLINE,
        Stage.CUSTOMER_VERIFICATION,
        Stage.BODY,
        Stage.CLOSE,
    ),
)
PIN_USED: Final = Fact(
    name="bank.pin_used",
    type=FactType.YES_NO,
    about="Has the customer ever used the PIN of this card?",
    tell=Tell.CLAIMED,
)
ARREARS: Final = Fact(
    name="bank.arrears", type=FactType.TEXT, about="What is owed.", tell=Tell.VERIFIED
)
SCORE: Final = Fact(
    name="bank.score", type=FactType.WHOLE_NUMBER, about="A score.", tell=Tell.NOBODY_AT_ALL
)
STARTS_ON: Final = Fact(
    name="purpose.starts_on", type=FactType.DATE, about="When it begins.", tell=Tell.ANYONE
)
ALL_DAY: Final = Calendar(id="always", open=dict.fromkeys(range(7), (Window(0, 0),)))
OFFICE: Final = Calendar(id="office", open=dict.fromkeys(range(5), (Window(540, 1200),)))
BRAND: Final = Brand(
    id="acme",
    name="Acme Bank",
    number="+442079460000",
    proof=(CompanyProofMethod.APP_CALL_STATUS, CompanyProofMethod.NUMBER_ON_CARD),
)


def purpose(
    id_: str = "pin-migration",
    *,
    kind: PurposeKind = PurposeKind.SERVICE_INFORMATION,
    sensitivity: Sensitivity = Sensitivity.OPEN,
    least_verification: Verification = Verification.NONE,
    **changes: Any,  # noqa: ANN401 - fields of many types
) -> Purpose:
    """Make a purpose with a whole ladder."""
    made = Purpose(
        id=id_,
        kind=kind,
        legal_class=LEGAL_CLASS[kind],
        evaluation_class=EVALUATION_CLASS.get(kind, EvaluationClass.DEFAULT),
        sensitivity=sensitivity,
        least_verification=least_verification,
        topic=split("topic words"),
        headline=split("headline words"),
        bound=split("bound words"),
        statement=split("statement words"),
        account=split("account words"),
        sensitive=split("sensitive words"),
        benefit=split("a benefit"),
        opening="standard",
        mark=MARK,
        minutes=3,
        occasion={},
    )
    return replace(made, **changes)


def item(
    name: str,
    text: str = "Hello.",
    *,
    kind: ItemKind = ItemKind.SAY,
    stage: Stage | None = Stage.BODY,
    force: Force = Force.SHOULD,
    or_say: str | None = None,
    short_text: str | None = None,
    **more: Any,  # noqa: ANN401
) -> Item:
    """Make an item."""
    return Item(
        name=name,
        kind=kind,
        force=force,
        text=split(text),
        mark=MARK,
        stage=stage,
        or_say=None if or_say is None else split(or_say),
        short_text=None if short_text is None else split(short_text),
        **more,
    )


def rule(
    id_: str,
    *items: Item,
    section: Section = Section.GUIDANCE,
    **more: Any,  # noqa: ANN401
) -> Rule:
    """Make a rule; `numbered` gives it its place."""
    return Rule(
        id=id_, section=section, because=f"Because of {id_}.", mark=MARK, items=items, **more
    )


def ruling(
    id_: str,
    decision: Decision = Decision.DEFER,
    reason: ReasonCode = ReasonCode.OPEN_COMPLAINT,
    *,
    until: str | None = None,
    **more: Any,  # noqa: ANN401
) -> Rule:
    """Make an eligibility rule."""
    more.setdefault("if_unsure", IfUnsure.APPLY)
    return rule(
        id_,
        section=Section.ELIGIBILITY,
        ruling=Ruling(decision=decision, reason=reason, until=until),
        **more,
    )


def when(**facts: Any) -> Condition:  # noqa: ANN401
    """Make a condition: each fact (with ``__`` for a dot) is a value."""
    return All(
        tuple(Leaf(name.replace("__", "."), Operator.IS, value) for name, value in facts.items())
    )


def pack(
    *rules: Rule,
    purposes: Iterable[Purpose] = (),
    calendars: Iterable[Calendar] = (ALL_DAY,),
    limits: Iterable[Limit] = (),
    openings: Iterable[Opening] = (STANDARD, PERSON_FIRST, PROOF_FIRST),
    budgets: Budgets | None = None,
    brand: Brand = BRAND,
    default_calendar: str = "always",
) -> Pack:
    """Make a pack; rules take their places in the order of their basis, then as given."""
    ordered = sorted(rules, key=lambda each: -each.basis)
    return Pack(
        version="test",
        settings=Settings(
            name="test",
            version="1",
            default_locale="en-GB",
            default_calendar=default_calendar,
            budgets=budgets or Budgets(),
            brands={brand.id: brand},
        ),
        catalogue=BUILT_IN.extended([PIN_USED, ARREARS, SCORE, STARTS_ON]),
        purposes={each.id: each for each in (*purposes, purpose())},
        openings={each.id: each for each in openings},
        conditions={},
        calendars=tuple(calendars),
        limits=tuple(limits),
        rules=tuple(replace(each, number=n) for n, each in enumerate(ordered)),
        cases=(),
    )


def situation(
    pack: Pack,
    purpose_id: str = "pin-migration",
    *,
    now: datetime = NOW,
    places: Iterable[Place] = (LONDON,),
    tier: TrustTier | None = None,
    stated: Mapping[str, Value] | None = None,
    occasion: Mapping[str, Value] | None = None,
    profile: Profile | None = None,
    agent: str | None = "Sam",
    call: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401
) -> Situation:
    """Make a situation in London, before the call."""
    places = tuple(places)
    profile = profile or Profile()
    if tier is not None:
        profile = replace(profile, card=Card(tier=tier))
    return Situation(
        now=now,
        call=Call(id="c1", brand="acme", agent=Agent(name=agent), **(call or {})),
        occasion=replace(
            occasion_of(pack.purposes[purpose_id], occasion or {}), **more.pop("matter", {})
        ),
        brand=pack.settings.brands["acme"],
        profile=profile,
        places=places,
        worlds=worlds_at(places, now),
        stated=stated or {},
        **more,
    )


def guide(pack: Pack) -> Guide:
    """Make a pack ready."""
    return Guide.of(pack)


def opening_script() -> tuple[Rule, ...]:
    """Make the rules of a whole polite call."""
    say, ask, must = ItemKind.SAY, ItemKind.ASK, Force.MUST
    return (
        rule(
            "greet",
            item(
                "greeting",
                "This is {agent.name} from {brand.name}.",
                or_say="This is {agent.name}.",
                stage=Stage.GREETING,
                force=must,
                establishes=Establishes.GREETING,
            ),
            item(
                "person",
                "Am I speaking with {customer.preferred_name}?",
                or_say="Am I speaking with the right person?",
                kind=ask,
                ask=Ask.PERSON,
                stage=Stage.PERSON_CHECK,
                force=must,
                establishes=Establishes.PERSON,
            ),
        ),
        rule(
            "headline-first",
            item(
                "headline",
                "{purpose.headline}",
                stage=Stage.HEADLINE,
                force=must,
                establishes=Establishes.HEADLINE,
            ),
        ),
        rule(
            "prove",
            item(
                "proof",
                "Look at your app: it shows this call.",
                kind=say,
                stage=Stage.COMPANY_PROOF,
                force=must,
                establishes=Establishes.COMPANY_PROOF,
            ),
        ),
        rule(
            "verify",
            item(
                "identity",
                "Would you confirm it in the app?",
                kind=ask,
                ask=Ask.IDENTITY,
                by=VerificationMethod.IN_APP_APPROVAL,
                stage=Stage.CUSTOMER_VERIFICATION,
                force=must,
                establishes=Establishes.VERIFICATION,
            ),
        ),
        rule("body", item("say", "{purpose.say}", stage=Stage.BODY, force=must)),
    )
