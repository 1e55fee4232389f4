"""A pack read aloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.guidance.guide import Guide
from advisor.workbench.preparing import prepare
from advisor.workbench.reading import Read, read_aloud

SENTENCES = {
    "pin-migration": (
        "A call about a change to how your card works, of about 3 minutes, which is open and "
        "counts as service. It begins in the order standard: “It's about a change to how your "
        "card works.” Said more exactly: “From {purpose.starts_on} every purchase will need your "
        "PIN.” Nothing has to be verified. What the customer has of it: You will not be refused "
        "at a till."
    ),
    "the-debt": (
        "A call about a personal matter, which is confidential and counts as collection. It "
        "begins in the order person-first: “It's a personal matter that I can only discuss with "
        "you.” Said of the account: “It is about your agreement with us.” Said what is sensitive: "
        "“There is an amount outstanding.” All of it needs to be verified. What the customer has "
        "of it: You hear what the options are."
    ),
    "any-time": "Call at any time. This is the company's policy. Why: We are always there.",
    "sales-hours": (
        "In GB, from 1 January 2026, up to and including 31 December 2029, for marketing calls: "
        "call only Monday to Wednesday from 09:00 to 12:00 and from 13:00 to 20:00; Friday from "
        "09:00 to 20:00. Never on public holidays and 24 December 2026. This is law: Act 1 "
        "(common knowledge)."
    ),
    "never": "In IS: do not call at all. This is the company's policy.",
    "one-a-day": (
        "For marketing calls: no more than 1 call in 1 day for each person. This is the company's "
        "policy."
    ),
    "peace": (
        "In GB, for marketing calls: leave each person in peace for 30 days after a no. This is "
        "law: Act 2 (primary, looked up on 1 January 2026). Why: A no is a no."
    ),
    "open-complaint": (
        "For co creation invitation or marketing calls, if the number of open complaints is at "
        "least 1: put the call off, because of open complaint. Where that is not known, it does "
        "not hold. This is the company's policy. Why: Selling to someone we have failed."
    ),
    "moratorium": (
        "For collection calls, if “Does a breathing space or another legal moratorium hold?” is "
        "answered yes: put the call off until the end of the moratorium, because of moratorium. "
        "Where that is not known, it holds. This is law: Act 3 (primary). Why: The customer has a "
        "breathing space."
    ),
    "write-instead": (
        "If the customer's preferred channel is sms, unless the purpose's legal class is "
        "collection: do not call, write by sms, because of prefers other channel. Where that is "
        "not known, it does not hold. This is the customer's wish. Why: They asked for it."
    ),
    "all-collection": (
        "For collection calls, unless the card's tier is full or below: call, with care, because "
        "of vulnerability care. Where that is not known, it does not hold. It is the more urgent "
        "the nearer the deadline. This is the company's policy. Why: Tone matters."
    ),
    "greet": (
        "For the brand acme or acme-go: the agent must say at greeting: “Hello, this is "
        "{brand.name}.” This is the company's policy. Why: Who we are comes first."
    ),
    "headline-first": (
        "The agent must say at headline: “{purpose.headline}”; the agent must keep to this at "
        "headline: “Ask for no details yet.” Of the group headline, only the strongest rule "
        "speaks. Its priority is high. This is the company's policy. Why: What it is about comes "
        "before any question."
    ),
    "scam": (
        "If “Does a wave of scam calls make itself felt now?” is answered yes: begin in the order "
        "proof-first. Where that is not known, it does not hold. This is the company's policy. "
        "Why: Suspicion is reasonable."
    ),
    "busy": (
        "When “customer busy” or “driving cue” is reported: the agent must say: “Of course.”; "
        "remember quiet time (stated) for 90 days; remember name hint (learned); "
        "see to it that the branch takes up pin-migration within 2 days; the card loses 2 "
        "points. This is the company's policy. Why: Busy now is not never."
    ),
    "later": (
        "When “customer busy” is reported: the agent should ask: “When may I ring?” It speaks in "
        "place of old-later. This is the company's policy. Why: They choose the time."
    ),
    "promise-kept": (
        "If how the promise was settled is kept: the card gains 6 points. Where that is not "
        "known, it does not hold. This is the company's policy. Why: We rang when we said we "
        "would."
    ),
}


@pytest.mark.parametrize(("id_", "sentences"), SENTENCES.items(), ids=SENTENCES)
def test_each_part_of_a_pack_is_a_plain_sentence(guide: Guide, id_: str, sentences: str) -> None:
    """What a rule does can be heard, whatever its author meant (002-08)."""
    assert {read.id: read.sentences for read in read_aloud(guide.pack)}[id_] == sentences


def test_everything_is_read_once_in_the_order_in_which_it_is_asked(guide: Guide) -> None:
    """Purposes come first, then what forbids, then what guides; nothing is left out."""
    read: list[Read] = list(read_aloud(guide.pack))
    pack = guide.pack
    named = [
        *pack.purposes,
        *(calendar.id for calendar in pack.calendars),
        *(limit.id for limit in pack.limits),
    ]
    assert [each.id for each in read[: len(named)]] == named
    assert sorted(each.id for each in read[len(named) :]) == sorted(r.id for r in pack.rules)
    assert list(dict.fromkeys(each.section for each in read)) == [
        "purposes",
        "calendars",
        "limits",
        "eligibility",
        "guidance",
        "reactions",
        "engagement",
    ]


def test_no_name_of_the_language_is_left_in_a_sentence(guide: Guide) -> None:
    """Outside quotations no sentence holds a dotted or underscored name (002-08)."""
    for read in read_aloud(guide.pack):
        spoken = re.sub(r"“[^”]*”", "", read.sentences)
        assert re.findall(r"[a-z]+[._][a-z]+", spoken) == []


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("credit: 0", "card stays as it is"),
        ("credit: 1", "card gains 1 point"),
        ("debit: 2.5", "card loses 2.5 points"),
    ],
)
def test_points_are_said_as_they_are_meant(small: Path, then: str, said: str) -> None:
    """What is heard and earns nothing takes nothing either (003-05)."""
    rule = f"engagement: [{{id: heard, because: So., then: {{{then}}}}}]"
    files = {"small.yaml": small.read_bytes(), "more.yaml": rule.encode()}
    guide = prepare(files, tested=False).guide
    assert guide is not None
    read = {read.id: read.sentences for read in read_aloud(guide.pack)}
    assert read["heard"] == f"The {said}. This is the company's policy. Why: So."


def test_what_is_remembered_around_a_moment_says_so(small: Path) -> None:
    """Who reads the pack sees which hours are kept where none were named (004-20)."""
    remember = "name: it, what: quiet_time, at: event.window, around: 1 hour, source: learned"
    rule = f"{{id: meal, on: mealtime_cue, because: So., then: [remember: {{{remember}}}]}}"
    files = {"small.yaml": small.read_bytes(), "more.yaml": f"reactions: [{rule}]".encode()}
    guide = prepare(files, tested=False).guide
    assert guide is not None
    read = {read.id: read.sentences for read in read_aloud(guide.pack)}
    said = "remember quiet time (learned), 1 hour around that moment where no hours are named."
    assert said in read["meal"]
