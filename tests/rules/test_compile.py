"""A right pack becomes exactly the model that it describes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.basis import Basis, Certainty, Source
from advisor.engagement.calendars import Window
from advisor.engagement.limits import Counts, Limit, Per, Span, SpanUnit
from advisor.engagement.slots import Callbacks
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.situation import Brand
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Tell
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    Channel,
    CompanyProofMethod,
    Decision,
    Disclosure,
    Establishes,
    EvaluationClass,
    Force,
    ItemKind,
    LegalClass,
    ReasonCode,
    Stage,
)
from advisor.rules.compile.pack import compile_pack, version_of
from advisor.rules.conditions import ALWAYS, All, AnyOf, Leaf, NoneOf, Operator
from advisor.rules.pack import (
    Budgets,
    Entry,
    Expectation,
    IfUnsure,
    Pack,
    Priority,
    Raise,
    Remember,
    Rule,
    Ruling,
    Scope,
    Section,
)
from advisor.rules.problems import Problems, Severity
from advisor.rules.texts import split

BASE = (Path(__file__).parent / "bad" / "base.yaml").read_bytes()


def compiled(text: str = "limits: []", **files: str) -> Pack:
    """Compile the good pack with more text, and more files by name; `__` is a slash."""
    more = {f"{name.replace('__', '/')}.yaml": data.encode() for name, data in files.items()}
    pack, problems = compile_pack({"base.yaml": BASE, "more.yaml": text.encode()} | more, BUILT_IN)
    assert list(problems) == []
    assert pack is not None
    return pack


def rule(text: str, id_: str = "a") -> Rule:
    """Compile the good pack with more text, and return one of its rules."""
    return next(one for one in compiled(text).rules if one.id == id_)


def condition(text: str) -> object:
    """Compile one named condition."""
    return compiled(f"conditions:\n  it: {text}\n").conditions["it"]


def test_callbacks_are_kept_as_the_pack_says() -> None:
    """What the pack section says of call-backs counts, and what it leaves out is as usual."""
    text = BASE.replace(
        b"pack:\n",
        b"pack:\n  callbacks: {slot: 15 minutes, ahead: 7 days, capacity: 3, team: cards}\n",
        1,
    )
    pack, problems = compile_pack({"base.yaml": text}, BUILT_IN)
    assert list(problems) == []
    assert pack is not None
    own = pack.settings.callbacks
    assert (own.slot, own.ahead) == (timedelta(minutes=15), timedelta(days=7))
    assert (own.capacity, own.team, own.offers) == (3, "cards", Callbacks().offers)


def test_settings() -> None:
    """The pack section gives names, defaults, budgets, promises and brands."""
    pack = compiled("# nothing\nguidance: []\n")
    own = pack.settings
    assert (own.name, own.version, own.default_locale, own.default_calendar) == (
        "good-base",
        "1.0",
        "en-GB",
        "any-time",
    )
    assert own.budgets == Budgets(items=3, asks={"low": 0, "full": 3})
    assert own.stands_for == {"your-time": "We ring when it suits you."}
    assert own.brands == {
        "acme": Brand(
            id="acme",
            name="Acme Bank",
            number="+442079460100",
            sensitive=False,
            proof=(CompanyProofMethod.NUMBER_ON_CARD,),
        )
    }
    assert pack.openings["standard"].stages == (
        Stage.GREETING,
        Stage.HEADLINE,
        Stage.BODY,
        Stage.CLOSE,
    )


def test_smallest_pack() -> None:
    """A pack needs its section and a default calendar, and nothing else."""
    text = (
        "pack: {name: a, version: b, default_locale: fr, default_calendar: c, budgets: {}, "
        "default_zone: Europe/Paris, default_region: FR}\n"
        "calendars: [{id: c, open: {}}]\n"
    )
    pack, problems = compile_pack({"a.yaml": text.encode()}, BUILT_IN)
    assert list(problems) == []
    assert pack is not None
    assert (pack.settings.default_zone, pack.settings.default_region) == ("Europe/Paris", "FR")
    assert pack.settings.budgets == Budgets()
    assert pack.rules == ()


def test_facts() -> None:
    """A pack adds typed facts of its own, and its purposes those of their occasions."""
    catalogue = compiled(
        "facts:\n"
        "  bank.products: {type: choices, tell: nobody, about: Products., choices: [card, loan], "
        "absent_means: [], unit: products, sent_by: dialer}\n"
        "  bank.seen_on: {type: date, tell: strong, about: Seen., absent_means: never}\n"
        "  bank.wrong: {type: choices, tell: nobody, about: Any., absent_means: [x]}\n"
    ).catalogue
    assert catalogue["bank.pin_used"].absent_means is UNKNOWN
    assert catalogue["bank.branch"].absent_means == "north"
    assert catalogue["bank.seen_on"].absent_means is NEVER
    assert catalogue["bank.wrong"].absent_means == frozenset({"x"})
    products = catalogue["bank.products"]
    assert (products.type, products.tell) == (FactType.CHOICES, Tell.NOBODY)
    assert (products.absent_means, products.choices) == (frozenset(), ("card", "loan"))
    assert (products.unit, products.sent_by) == ("products", "dialer")
    assert catalogue["purpose.starts_on"].type is FactType.DATE


def test_purpose() -> None:
    """A purpose brings its kind's class and opening, its ladder, and what others may overhear."""
    pack = compiled(
        "purposes:\n"
        "  debt:\n"
        "    kind: collections_early\n"
        "    sensitivity: confidential\n"
        "    least_verification: verified\n"
        '    say: {topic: "a personal matter", bound: "A matter I can only discuss with you."}\n'
        '    benefit: "You hear the options."\n'
        "    voicemail: none\n"
        "    third_party: bound\n"
        "    region: GB\n"
        "  news:\n"
        "    kind: marketing_new\n"
        "    legal_class: marketing\n"
        "    evaluation_class: mandatory\n"
        "    sensitivity: open\n"
        "    least_verification: none\n"
        "    opening: person-first\n"
        '    say: {topic: "a new card", headline: "It is a sales call about a new card."}\n'
        '    benefit: "You may save money."\n'
    )
    pin, debt, news = (pack.purposes[id_] for id_ in ("pin-migration", "debt", "news"))
    assert (pin.legal_class, pin.evaluation_class) == (
        LegalClass.SERVICE,
        EvaluationClass.TRANSACTIONAL,
    )
    assert (pin.opening, debt.opening, news.opening) == ("standard", "person-first", "person-first")
    assert pin.statement == split("From {purpose.starts_on} every purchase will need your PIN.")
    assert (pin.deadline, pin.minutes) == ("purpose.starts_on", 3)
    assert tuple(pin.occasion) == ("purpose.starts_on",)
    assert (pin.voicemail, pin.third_party) == (Disclosure.HEADLINE, Disclosure.TOPIC)
    assert (debt.voicemail, debt.third_party) == (Disclosure.NAME, Disclosure.BOUND)
    assert (debt.headline, str(debt.bound)) == (None, "A matter I can only discuss with you.")
    assert debt.scope == Scope(regions=frozenset({"GB"}))
    assert (news.evaluation_class, news.voicemail) == (EvaluationClass.MANDATORY, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{card.tier: low}", Leaf("card.tier", Operator.IS, "low")),
        ("{card.tier: [low, full, low]}", Leaf("card.tier", Operator.IN, ("low", "full"))),
        ("{card.tier: unknown}", Leaf("card.tier", Operator.IS, "unknown")),
        ("{card.tier: {unknown: no}}", Leaf("card.tier", Operator.UNKNOWN, operand=False)),
        ("{call.region: NO}", Leaf("call.region", Operator.IS, "NO")),
        ("{now.weekday: fri-mon}", Leaf("now.weekday", Operator.IN, (0, 4, 5, 6))),
        ("{now.weekday: [sat, sun]}", Leaf("now.weekday", Operator.IN, (5, 6))),
        ("{now.weekday: {not_in: mon-fri}}", Leaf("now.weekday", Operator.NOT_IN, (0, 1, 2, 3, 4))),
        (
            '{now.local_time: {between: ["20:00", "08:00"]}}',
            Leaf("now.local_time", Operator.BETWEEN, (time(20), time(8))),
        ),
        (
            "{card.tier: {between: [guarded, warm]}}",
            Leaf("card.tier", Operator.BETWEEN, ("guarded", "warm")),
        ),
        (
            "{history.last_invitation.at: never}",
            Leaf("history.last_invitation.at", Operator.IS, NEVER),
        ),
        (
            "{history.last_attempt.at: {in_the_last: 7 days}}",
            Leaf("history.last_attempt.at", Operator.IN_THE_LAST, Span(7, SpanUnit.DAYS)),
        ),
        (
            "{number.registers: {contains_any: [tps, ctps]}}",
            Leaf("number.registers", Operator.CONTAINS_ANY, ("tps", "ctps")),
        ),
        (
            "{number.registers: {contains: tps}}",
            Leaf("number.registers", Operator.CONTAINS, "tps"),
        ),
        (
            "{complaints.open: {more_than: 0, less_than: 3}}",
            All(
                (
                    Leaf("complaints.open", Operator.MORE_THAN, 0),
                    Leaf("complaints.open", Operator.LESS_THAN, 3),
                )
            ),
        ),
        (
            "{any: [{card.tier: low}, use: trusted], not: [now.weekday: mon], all: [use: trusted]}",
            All(
                (
                    AnyOf(
                        (
                            Leaf("card.tier", Operator.IS, "low"),
                            Leaf("card.tier", Operator.AT_LEAST, "warm"),
                        )
                    ),
                    NoneOf((Leaf("now.weekday", Operator.IN, (0,)),)),
                    All((Leaf("card.tier", Operator.AT_LEAST, "warm"),)),
                )
            ),
        ),
    ],
)
def test_conditions(text: str, expected: object) -> None:
    """Scalars mean is, lists mean one of, mappings name operators, and groups nest."""
    assert condition(text) == expected


def test_conditions_use_conditions() -> None:
    """A named condition may use others, in whatever order they are written."""
    pack = compiled("conditions:\n  a: {use: b}\n  b: {use: trusted}\n  c: {use: a}\n")
    assert pack.conditions["c"] == pack.conditions["trusted"]


def test_guidance_rule() -> None:
    """A rule of guidance keeps everything it says."""
    made = rule(
        "guidance:\n"
        "  - id: a\n"
        "    because: It is so.\n"
        "    serves: [004-07, 004-03]\n"
        "    for: {brand: acme, campaign: [spring, summer]}\n"
        "    region: [US-FL, GB]\n"
        "    from: 2026-01-01\n"
        "    through: 2026-12-31\n"
        "    basis: customer\n"
        "    priority: by_deadline\n"
        "    group: g\n"
        "    replaces: headline-first\n"
        "    if_unsure: apply\n"
        "    source: {cite: A letter, certainty: secondary, verified_on: 2026-11-22}\n"
        "    when: {card.tier: low}\n"
        "    unless: [{use: trusted}]\n"
        "    then:\n"
        "      - ask: {name: b, stage: headline, force: should, text: '{brand.name}?', "
        "short_text: 'B?', or_say: 'We?', benefit: both, establishes: person, what: person, "
        "discloses: headline}\n"
        "      - offer: {name: c, stage: body, force: could, text: 'A card?', what: new-card, "
        "counts_as: marketing}\n"
        "      - avoid: {name: d, stage: body, force: must, text: 'Never say: act now.'}\n"
        "      - opening: person-first\n"
        "      - debit: 1.5\n"
        "        half_life: 30 days\n"
    )
    assert (made.section, made.because, made.serves) == (
        Section.GUIDANCE,
        "It is so.",
        ("004-07", "004-03"),
    )
    assert made.scope == Scope(
        brands=frozenset({"acme"}),
        campaigns=frozenset({"spring", "summer"}),
        regions=frozenset({"US-FL", "GB"}),
        from_=date(2026, 1, 1),
        through=date(2026, 12, 31),
    )
    assert (made.basis, made.priority, made.group) == (Basis.CUSTOMER, Priority.BY_DEADLINE, "g")
    assert (made.replaces, made.if_unsure) == (("headline-first",), IfUnsure.APPLY)
    assert made.source == Source(
        cite="A letter", certainty=Certainty.SECONDARY, verified_on=date(2026, 11, 22)
    )
    assert made.when == Leaf("card.tier", Operator.IS, "low")
    assert made.unless == (Leaf("card.tier", Operator.AT_LEAST, "warm"),)
    ask, offer, avoid = made.items
    assert (ask.kind, ask.ask, ask.stage) == (ItemKind.ASK, Ask.PERSON, Stage.HEADLINE)
    assert (ask.force, ask.benefit) == (Force.SHOULD, Benefit.BOTH)
    assert (ask.establishes, ask.discloses) == (Establishes.PERSON, Disclosure.HEADLINE)
    assert (ask.text, ask.short_text) == (split("{brand.name}?"), split("B?"))
    assert ask.or_say == split("We?")
    assert (offer.what, offer.counts_as) == ("new-card", LegalClass.MARKETING)
    assert avoid.kind is ItemKind.AVOID
    assert made.opening == "person-first"
    assert made.entry == Entry(points=-1.5, half_life=timedelta(days=30))


def test_reaction() -> None:
    """A reaction answers events, remembers and raises, and has no stage."""
    made = rule(
        "reactions:\n"
        "  - id: a\n"
        "    on: [customer_busy, mealtime_cue]\n"
        "    because: It is so.\n"
        "    then:\n"
        "      - remember: {name: b, what: quiet_time, at: event.window, source: learned, "
        "expires_in: 180 days, confidence: 0.5}\n"
        "      - raise: {name: c, purpose: pin-migration, within: 2 hours, owner: The branch}\n"
        "      - say: {name: d, force: must, text: 'Thank you.'}\n"
        "      - credit: 2\n"
    )
    assert made.events == {"customer_busy", "mealtime_cue"}
    assert made.remembers == (
        Remember(
            name="b",
            what="quiet_time",
            at="event.window",
            source="learned",
            expires_in=Span(180, SpanUnit.DAYS),
            confidence=0.5,
        ),
    )
    assert made.raises == (
        Raise(
            name="c",
            purpose="pin-migration",
            within=Span(2, SpanUnit.HOURS),
            owner="The branch",
        ),
    )
    assert (made.items[0].stage, made.entry) == (None, Entry(points=2.0))


def test_eligibility_rule() -> None:
    """What an eligibility rule applies to is part of its condition, and unsure it applies."""
    made = rule(
        "eligibility:\n"
        "  - id: a\n"
        "    because: It is so.\n"
        "    applies_to: [marketing, research, survey_feedback]\n"
        "    when: {card.tier: low}\n"
        "    then: {decision: use_other_channel, reason: no_need, channel: letter, "
        "until: customer.moratorium_ends}\n"
        "  - id: b\n"
        "    because: It is so.\n"
        "    applies_to: collection\n"
        "    then: {decision: block, reason: no_need}\n"
    )
    assert made.if_unsure is IfUnsure.APPLY
    assert made.when == All(
        (
            AnyOf(
                (
                    Leaf("call.counts_as", Operator.IN, ("marketing", "research")),
                    Leaf("purpose.kind", Operator.IN, ("survey_feedback",)),
                )
            ),
            Leaf("card.tier", Operator.IS, "low"),
        )
    )
    assert made.ruling == Ruling(
        decision=Decision.USE_OTHER_CHANNEL,
        reason=ReasonCode.NO_NEED,
        until="customer.moratorium_ends",
        channel=Channel.LETTER,
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("[{say: {name: a, stage: body, force: must, text: 'Hello.'}}]", IfUnsure.SKIP),
        ("[{credit: 1}]", IfUnsure.SKIP),
        ("[{stop: {name: a, stage: body, force: must, text: 'End the call.'}}]", IfUnsure.APPLY),
        ("[{avoid: {name: a, stage: body, force: must, text: 'No offers.'}}]", IfUnsure.APPLY),
    ],
)
def test_if_unsure_by_default(items: str, expected: IfUnsure) -> None:
    """Rules that take away apply when unsure; rules that give are skipped."""
    made = rule(f"guidance:\n  - {{id: a, because: So., then: {items}}}\n")
    assert (made.if_unsure, made.when) == (expected, ALWAYS)


def test_engagement_rule() -> None:
    """A rule of engagement is a credit or a debit."""
    made = rule(
        "engagement: [{id: a, because: So., when: {promise.settled_as: kept}, "
        "then: {credit: 6, half_life: 180 days}}]\n"
    )
    assert made.entry == Entry(points=6.0, half_life=timedelta(days=180))


def test_order_of_precedence() -> None:
    """Rules are numbered by basis, priority and id, whatever the order of the files."""
    text = "engagement:\n" + "".join(
        f"  - {{id: {id_}, because: So., basis: {basis}, priority: {rank}, then: {{credit: 1}}}}\n"
        for id_, basis, rank in [
            ("b", "policy", "normal"),
            ("a", "policy", "normal"),
            ("c", "policy", "urgent"),
            ("d", "campaign", "urgent"),
            ("e", "safety", "low"),
        ]
    )
    pack = compiled(text)
    numbered = [one for one in pack.rules if one.section is Section.ENGAGEMENT]
    assert [one.id for one in numbered] == ["e", "c", "a", "b", "d"]
    assert [one.number for one in pack.rules] == list(range(len(pack.rules)))


def test_calendar() -> None:
    """A calendar has windows by weekday, quiet days, a place and dates."""
    calendar = compiled(
        "calendars:\n"
        "  - id: c\n"
        "    because: Evenings are theirs.\n"
        "    region: US-FL\n"
        "    applies_to: [marketing]\n"
        '    open: {mon-fri: ["14:00-24:00", "08:00-12:30"], sat: ["22:00-02:00"], sun: []}\n'
        "    quiet_days: [public_holidays, 2026-12-24]\n"
        "    basis: law\n"
        "    source: {cite: An Act, certainty: primary}\n"
        "    from: 2026-01-01\n"
        "    through: 2026-12-31\n"
    ).calendars[-1]
    assert calendar.open[4] == (Window(480, 750), Window(840, 1440))
    assert (calendar.open[5], calendar.open[6]) == ((Window(1320, 120),), ())
    assert (calendar.public_holidays, calendar.quiet_dates) == (
        True,
        frozenset({date(2026, 12, 24)}),
    )
    assert (calendar.region, calendar.applies_to) == ("US-FL", frozenset({"marketing"}))
    assert (calendar.basis, calendar.source) == (
        Basis.LAW,
        Source(cite="An Act", certainty=Certainty.PRIMARY),
    )
    assert (calendar.from_, calendar.through) == (date(2026, 1, 1), date(2026, 12, 31))


def test_limits() -> None:
    """A limit counts within a span; a wait follows one contact."""
    limits = compiled(
        "limits:\n"
        "  - {id: a, because: So., region: US, applies_to: [collection], at_most: 7, "
        "count: attempts, in: 7 days, per: debt}\n"
        "  - {id: b, wait: 7 days, after: conversation}\n"
    ).limits
    assert limits[-2:] == (
        Limit(
            id="a",
            because="So.",
            region="US",
            applies_to=frozenset({"collection"}),
            at_most=7,
            count=Counts.ATTEMPTS,
            span=Span(7, SpanUnit.DAYS),
            per=Per.DEBT,
        ),
        Limit(id="b", wait=True, count=Counts.CONVERSATIONS, span=Span(7, SpanUnit.DAYS)),
    )


def test_folders_bind_what_is_inside() -> None:
    """A folder's `_for.yaml` binds every rule, calendar and purpose below, and may be narrowed."""
    pack = compiled(
        acme___for="for: {brand: acme, region: [US, GB]}\nfrom: 2026-01-01\n",
        acme__spring___for="for: {campaign: spring}\nthrough: 2026-06-30\n",
        acme__spring__deep__rules="engagement: [{id: a, because: So., region: US-FL, "
        "from: 2026-02-01, through: 2026-03-01, then: {credit: 1}}]\n",
        acme__rules="engagement: [{id: b, because: So., then: {credit: 1}}]\n",
        other___for="for: {region: FR}\n",
        other__calendars="calendars: [{id: c, open: {}}]\n",
    )
    scopes = {one.id: one.scope for one in pack.rules}
    assert scopes["a"] == Scope(
        brands=frozenset({"acme"}),
        campaigns=frozenset({"spring"}),
        regions=frozenset({"US-FL"}),
        from_=date(2026, 2, 1),
        through=date(2026, 3, 1),
    )
    assert scopes["b"] == Scope(
        brands=frozenset({"acme"}), regions=frozenset({"US", "GB"}), from_=date(2026, 1, 1)
    )
    assert scopes["headline-first"] == Scope()
    assert pack.calendars[-1].region == "FR"


def test_brands_of_a_pack_that_declares_none() -> None:
    """Where a pack declares no brands, any id is one."""
    text = (
        "pack: {name: a, version: b, default_locale: fr, default_calendar: c}\n"
        "calendars: [{id: c, open: {}}]\n"
        "engagement: [{id: d, because: So., for: {brand: any}, then: {credit: 1}}]\n"
    )
    pack, _ = compile_pack({"a.yaml": text.encode()}, BUILT_IN)
    assert pack is not None
    assert pack.rules[0].scope == Scope(brands=frozenset({"any"}))


def test_scope_at_the_root() -> None:
    """A `_for.yaml` at the root binds the whole pack."""
    pack = compiled(_for="for: {region: GB}\n", sub__x="limits: []\n")
    assert {one.scope for one in pack.rules} == {Scope(regions=frozenset({"GB"}))}


def test_cases() -> None:
    """A test is a case, a table is a case for each row, and steps follow events."""
    pack = compiled(
        "tests:\n"
        "  - name: one\n"
        "    shows: [004-07]\n"
        '    given: {purpose: pin-migration, at: "2026-01-12 15:00 Europe/London", brand: acme, '
        "campaign: spring, card.tier: [low, full], number.registers: [], bank.pin_used: unknown, "
        "card.confidence: 0.5, history.last_attempt.at: never}\n"
        "    expect: {decision: allow, says: [headline-first/headline], silent: [headline-first, "
        "headline-first/headline], never_asks: [identity], first: headline-first/headline, "
        'opening: standard, reason: [no_need], not_before: "2026-01-13 08:00 Europe/London"}\n'
        "    steps:\n"
        "      - {event: customer_busy, given: {card.tier: low}, says: headline-first/headline}\n"
        "  - name: two\n"
        '    given: {purpose: pin-migration, at: "2026-07-12 15:00+01:00", card.tier: unknown}\n'
        "    expect: {decision: block}\n"
        "    table:\n"
        "      - {card.tier: full, reason: no_consent}\n"
        '      - {at: "2026-07-12 16:00 Europe/Paris", decision: allow}\n'
        "  - name: three\n"
        '    given: {purpose: pin-migration, at: "2026-07-12 15:00+01:00"}\n'
        "    expect: {earns: [paid], points: 3}\n"
        "    table:\n"
        "      - {earns: []}\n"
        "      - {points: 0}\n"
        "engagement: [{id: paid, because: So., then: {credit: 3}}]\n"
    )
    one, two, three, four, five = pack.cases
    assert (one.name, one.purpose, one.zone, one.shows) == (
        "one",
        "pin-migration",
        "Europe/London",
        ("004-07",),
    )
    assert one.at == datetime(2026, 1, 12, 15, tzinfo=UTC)
    assert one.given == {
        "call.brand": "acme",
        "call.campaign": "spring",
        "card.tier": Possible(("low", "full")),
        "number.registers": frozenset(),
        "bank.pin_used": UNKNOWN,
        "card.confidence": 0.5,
        "history.last_attempt.at": NEVER,
    }
    assert one.expect == Expectation(
        decision=Decision.ALLOW,
        reasons=(ReasonCode.NO_NEED,),
        not_before=datetime(2026, 1, 13, 8, tzinfo=UTC),
        says=("headline-first/headline",),
        first="headline-first/headline",
        silent=("headline-first", "headline-first/headline"),
        never_asks=(Ask.IDENTITY,),
        opening="standard",
    )
    (step,) = one.steps
    assert (step.event, step.given) == ("customer_busy", {"card.tier": "low"})
    assert step.expect == Expectation(says=("headline-first/headline",))
    assert (two.name, two.given, two.zone) == ("two (row 1)", {"card.tier": "full"}, "UTC")
    assert two.expect == Expectation(decision=Decision.BLOCK, reasons=(ReasonCode.NO_CONSENT,))
    assert (three.given, three.zone) == ({"card.tier": "unknown"}, "Europe/Paris")
    assert three.expect == Expectation(decision=Decision.ALLOW)
    assert four.expect == Expectation(earns=(), points=3)
    assert five.expect == Expectation(earns=("paid",), points=0)


def test_version_is_the_content() -> None:
    """The version names the content: any change changes it, the order of files does not."""
    files = {"a.yaml": b"1", "b.yaml": b"2"}
    assert version_of(files) == version_of(dict(reversed(files.items())))
    others = [{"a.yaml": b"12", "b.yaml": b""}, {"a.yaml": b"1"}, {"a.yaml": b"1", "c.yaml": b"2"}]
    assert version_of(files) not in [version_of(other) for other in others]


def test_checks_of_the_whole_pack() -> None:
    """Checks see a pack that has no mistake of its own, and may refuse it."""
    seen: list[str] = []

    def check(pack: Pack, problems: Problems) -> None:
        seen.append(pack.settings.name)
        problems.error(pack.rules[0].mark, "check", "something")

    pack, problems = compile_pack({"base.yaml": BASE}, BUILT_IN, [check])
    assert (pack, len(problems), seen) == (None, 1, ["good-base"])
    compile_pack({"base.yaml": BASE, "bad.yaml": b"x: 1"}, BUILT_IN, [check])
    assert seen == ["good-base"]


def test_mistakes_of_all_files_in_one_run() -> None:
    """A file that is no YAML does not hide the mistakes of the others."""
    files = {"base.yaml": BASE, "bad.yaml": b"a: [", "worse.yaml": b"rulez: 1\nguidance: 3\n"}
    _, problems = compile_pack(files, BUILT_IN)
    assert [problem.mark.file for problem in problems] == ["bad.yaml", "worse.yaml", "worse.yaml"]


def test_what_an_unread_file_may_hold() -> None:
    """A pack section is not missed where a file that may hold it could not be read."""
    pack, problems = compile_pack({"pack.yaml": b"pack: ["}, BUILT_IN)
    assert pack is None
    assert [problem.code for problem in problems] == ["syntax"]


def test_pressure_is_a_warning() -> None:
    """Pressing words (000-01, 004-15) are reported and do not keep the pack from being used."""
    say = "{say: {name: a, stage: body, force: must, text: 'Act now!'}}"
    text = f"guidance: [{{id: a, because: So., then: [{say}]}}]"
    pack, problems = compile_pack({"base.yaml": BASE, "more.yaml": text.encode()}, BUILT_IN)
    assert pack is not None
    assert [(problem.code, problem.severity) for problem in problems] == [
        ("pressure", Severity.WARNING)
    ]


_LINES = BASE.decode().splitlines()


@given(st.data())
def test_any_mutilation(data: st.DataObject) -> None:
    """Whatever is lost, doubled or swapped in a pack, it compiles or says why at a place in it."""
    lines = list(_LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "double", "swap", "cut", "word"]))
        if kind == "drop":
            del lines[place]
        elif kind == "double":
            lines.insert(place, lines[place])
        elif kind == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        elif kind == "cut":
            lines[place] = lines[place][: data.draw(st.integers(0, 80))]
        else:
            words = lines[place].split(" ")
            index = data.draw(st.integers(0, len(words) - 1))
            words[index] = data.draw(st.sampled_from(["no", "{}", "[]", '"x"', "1", "a: b", "- a"]))
            lines[place] = " ".join(words)
    text = "\n".join(lines)
    pack, problems = compile_pack({"base.yaml": text.encode()}, BUILT_IN)
    assert (pack is None) == problems.has_errors
    for problem in problems:
        assert 1 <= problem.mark.line <= len(lines) + 1
