"""A pack read aloud: each rule, calendar, limit and purpose as a plain English sentence.

Nothing here is written by the pack's authors but their own words; the sentences come from what the
pack does, so that a rule that says something else than was meant can be heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from advisor.engagement.basis import Basis, Source
from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.limits import Counts, Limit
from advisor.facts.catalogue import Catalogue
from advisor.facts.vocabulary import Decision, ItemKind, Sensitivity
from advisor.rules.conditions import ALWAYS, All, Condition, Leaf
from advisor.rules.pack import IfUnsure, Item, Pack, Priority, Purpose, Rule, Ruling, Scope, Section
from advisor.workbench.wording import condition, day, either, span, subject, words

_DAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_ALL_DAY: Final = (Window(0, 24 * 60),)
_DECIDES: Final = MappingProxyType(
    {
        Decision.BLOCK: "do not call",
        Decision.HUMAN_REVIEW: "let a person decide whether to call",
        Decision.DEFER: "put the call off",
        Decision.USE_OTHER_CHANNEL: "do not call, write",
        Decision.ALLOW_WITH_CONDITIONS: "call, with care",
    }
)
_MUST: Final = MappingProxyType({"must": "must", "should": "should", "could": "may"})
_DOES: Final = MappingProxyType(
    {
        ItemKind.KNOW: "know",
        ItemKind.SAY: "say",
        ItemKind.ASK: "ask",
        ItemKind.LISTEN: "listen",
        ItemKind.DO: "do this",
        ItemKind.OFFER: "offer",
        ItemKind.AVOID: "keep to this",
        ItemKind.STOP: "stop",
        ItemKind.CLOSE: "close",
    }
)
_RESTS_ON: Final = MappingProxyType(
    {
        Basis.LAW: "This is law",
        Basis.SAFETY: "This is for somebody's safety",
        Basis.CUSTOMER: "This is the customer's wish",
        Basis.POLICY: "This is the company's policy",
        Basis.LEARNED: "This was learned from earlier calls",
        Basis.CAMPAIGN: "This is the campaign's",
    }
)
_COUNTED: Final = MappingProxyType(
    {
        Counts.ATTEMPTS: ("call", "calls"),
        Counts.CONVERSATIONS: ("conversation", "conversations"),
        Counts.REFUSALS: ("no", "times no"),
        Counts.INVITATIONS: ("invitation", "invitations"),
        Counts.BAD_ENDINGS: ("call that ended badly", "calls that ended badly"),
    }
)


@dataclass(frozen=True, slots=True)
class Read:
    """One thing of a pack, read aloud.

    Attributes:
        id: Of the rule, calendar, limit or purpose.
        section: Where it stands.
        sentences: What it does, as one paragraph.
    """

    id: str
    section: str
    sentences: str


def read_aloud(pack: Pack) -> Iterator[Read]:
    """Read a whole pack, in the order in which its parts are asked."""
    for purpose in pack.purposes.values():
        yield Read(purpose.id, "purposes", purpose_sentence(purpose))
    for calendar in pack.calendars:
        yield Read(calendar.id, "calendars", calendar_sentence(calendar))
    for limit in pack.limits:
        yield Read(limit.id, "limits", limit_sentence(limit))
    for section in Section:
        for rule in pack.rules:
            if rule.section is section:
                yield Read(rule.id, section.value, rule_sentence(rule, pack.catalogue))


def rule_sentence(rule: Rule, catalogue: Catalogue) -> str:
    """Read one rule."""
    parts = []
    if rule.events:
        named = [f"“{words(event)}”" for event in sorted(rule.events)]
        parts.append(f"when {either(named)} is reported")
    when = _without_classes(rule)
    if when != ALWAYS:
        parts.append(f"if {condition(when, catalogue)}")
    if rule.unless:
        excuses = [condition(entry, catalogue) for entry in rule.unless]
        parts.append(f"unless {either(excuses)}")
    begin = [*_where(rule.scope), *_for(rule.applies_to), *parts]
    does = "; ".join(_effects(rule, catalogue))
    return _paragraph(
        _when_and(begin, does),
        _unsure(rule) if when != ALWAYS or rule.unless else "",
        f"It speaks in place of {either(rule.replaces, 'and')}" if rule.replaces else "",
        f"Of the group {rule.group}, only the strongest rule speaks" if rule.group else "",
        _urgency(rule.priority),
        _ground(rule.basis, rule.source),
        f"Why: {rule.because}",
    )


def calendar_sentence(calendar: Calendar) -> str:
    """Read one calendar."""
    scope = Scope(
        regions=frozenset({calendar.region} if calendar.region else ()),
        from_=calendar.from_,
        through=calendar.through,
    )
    begin = [*_where(scope), *_for(calendar.applies_to)]
    closed = ["public holidays"] if calendar.public_holidays else []
    closed += [day(each) for each in sorted(calendar.quiet_dates)]
    return _paragraph(
        _when_and(begin, _hours(calendar.open)),
        f"Never on {either(closed, 'and')}" if closed else "",
        _ground(calendar.basis, calendar.source),
        f"Why: {calendar.because}" if calendar.because else "",
    )


def limit_sentence(limit: Limit) -> str:
    """Read one limit."""
    scope = Scope(
        regions=frozenset({limit.region} if limit.region else ()),
        from_=limit.from_,
        through=limit.through,
    )
    begin = [*_where(scope), *_for(limit.applies_to)]
    one, many = _COUNTED[limit.count]
    if limit.wait:
        does = f"leave each {limit.per.value} in peace for {span(limit.span)} after a {one}"
    else:
        counted = f"{limit.at_most} {one if limit.at_most == 1 else many}"
        does = f"no more than {counted} in {span(limit.span)} for each {limit.per.value}"
    return _paragraph(
        _when_and(begin, does),
        _ground(limit.basis, limit.source),
        f"Why: {limit.because}" if limit.because else "",
    )


def purpose_sentence(purpose: Purpose) -> str:
    """Read one purpose, with its ladder of words."""
    first = purpose.bound if purpose.sensitivity is Sensitivity.CONFIDENTIAL else purpose.headline
    needs = purpose.least_verification.word
    minutes = f", of about {purpose.minutes} minutes" if purpose.minutes else ""
    rungs = [
        ("more exactly", purpose.statement),
        ("of the account", purpose.account),
        ("what is sensitive", purpose.sensitive),
    ]
    return _paragraph(
        f"a call about {purpose.topic}{minutes}, which is {purpose.sensitivity.word} and counts "
        f"as {purpose.legal_class.value}",
        f"It begins in the order {purpose.opening}: “{first}”",
        *(f"Said {how}: “{text}”" for how, text in rungs if text is not None),
        "Nothing has to be verified" if needs == "none" else f"All of it needs to be {needs}",
        f"What the customer has of it: {purpose.benefit}",
    )


def _when_and(begin: list[str], does: str) -> str:
    return f"{', '.join(begin)}: {does}" if begin else does


def _paragraph(*sentences: str) -> str:
    return " ".join(_sentence(text) for text in sentences if text)


def _sentence(text: str) -> str:
    ended = text.rstrip("”").endswith((".", "?", "!"))
    return f"{text[0].upper()}{text[1:]}{'' if ended else '.'}"


def _where(scope: Scope) -> Iterator[str]:
    for what, names in (("brand", scope.brands), ("campaign", scope.campaigns)):
        if names:
            yield f"for the {what} {either(sorted(names))}"
    if scope.regions:
        yield f"in {either(sorted(scope.regions))}"
    if scope.from_ is not None:
        yield f"from {day(scope.from_)}"
    if scope.through is not None:
        yield f"up to and including {day(scope.through)}"


def _for(applies_to: frozenset[str]) -> Iterator[str]:
    if applies_to:
        yield f"for {either(map(words, sorted(applies_to)))} calls"


def _without_classes(rule: Rule) -> Condition:
    """Leave out what only repeats `applies_to`, which is read by itself."""
    if not rule.applies_to:
        return rule.when
    if isinstance(rule.when, All):
        rest = tuple(part for part in rule.when.parts if not _repeats(part, rule))
        return rest[0] if len(rest) == 1 else All(rest)
    return ALWAYS if _repeats(rule.when, rule) else rule.when


def _repeats(part: Condition, rule: Rule) -> bool:
    if isinstance(part, Leaf):
        return (
            part.fact in ("call.counts_as", "purpose.kind")
            and isinstance(part.operand, tuple)
            and rule.applies_to.issuperset(part.operand)
        )
    return bool(part.parts) and all(_repeats(each, rule) for each in part.parts)


def _effects(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    if rule.ruling is not None:
        yield _ruling(rule.ruling, catalogue)
    for item in rule.items:
        yield _item(item)
    if rule.opening is not None:
        yield f"begin in the order {rule.opening}"
    for remember in rule.remembers:
        lasting = f" for {span(remember.expires_in)}" if remember.expires_in else ""
        around = ""
        if remember.around is not None:
            around = f", {span(remember.around)} around that moment where no hours are named"
        yield f"remember {words(remember.what)} ({remember.source}){lasting}{around}"
    for raised in rule.raises:
        yield (
            f"see to it that {raised.owner} takes up {words(raised.purpose)} within "
            f"{span(raised.within)}"
        )
    if rule.entry is not None:
        points = rule.entry.points
        yield _booked(points)


def _ruling(ruling: Ruling, catalogue: Catalogue) -> str:
    text = _DECIDES[ruling.decision]
    if ruling.channel is not None:
        text += f" by {words(ruling.channel)}"
    if ruling.until is not None:
        text += f" until {subject(catalogue[ruling.until])}"
    return f"{text}, because of {words(ruling.reason.value)}"


def _item(item: Item) -> str:
    must = _MUST[item.force.word]
    moment = f" at {words(item.stage.word)}" if item.stage is not None else ""
    where = "" if item.kind is ItemKind.KNOW else moment
    return f"the agent {must} {_DOES[item.kind]}{where}: “{item.text}”"


def _unsure(rule: Rule) -> str:
    if rule.if_unsure is IfUnsure.APPLY:
        return "Where that is not known, it holds"
    return "Where that is not known, it does not hold"


def _urgency(priority: Priority) -> str:
    if priority is Priority.NORMAL:
        return ""
    if priority is Priority.BY_DEADLINE:
        return "It is the more urgent the nearer the deadline"
    return f"Its priority is {priority.value}"


def _ground(basis: Basis, source: Source | None) -> str:
    if source is None:
        return _RESTS_ON[basis]
    certainty = words(source.certainty.value)
    looked = f", looked up on {day(source.verified_on)}" if source.verified_on else ""
    return f"{_RESTS_ON[basis]}: {source.cite} ({certainty}{looked})"


def _hours(open_: Mapping[int, tuple[Window, ...]]) -> str:
    """Write windows by days; days with the same windows are said together."""
    by_windows: dict[tuple[Window, ...], list[int]] = {}
    for weekday in sorted(open_):
        by_windows.setdefault(open_[weekday], []).append(weekday)
    said = [
        f"{_weekdays(days)} {either(map(_window, windows), 'and')}"
        for windows, days in by_windows.items()
        if windows
    ]
    if set(by_windows) == {_ALL_DAY} and len(open_) == len(_DAYS):
        return "call at any time"
    return f"call only {'; '.join(said)}" if said else "do not call at all"


def _weekdays(days: Iterable[int]) -> str:
    numbers = list(days)
    if len(numbers) == len(_DAYS):
        return "every day"
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):  # noqa: PLR2004
        return f"{_DAYS[numbers[0]]} to {_DAYS[numbers[-1]]}"
    return either((_DAYS[number] for number in numbers), "and")


def _window(window: Window) -> str:
    return f"from {_clock(window.start)} to {_clock(window.end)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _booked(points: float) -> str:
    """Say what a rule does to the card."""
    if not points:
        return "the card stays as it is"
    unit = "point" if abs(points) == 1 else "points"
    return f"the card {'gains' if points > 0 else 'loses'} {abs(points):g} {unit}"
