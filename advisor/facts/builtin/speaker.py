"""Facts of who speaks, in whose name, and how that can be proved."""

from __future__ import annotations

from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, FactType, Tell, Value
from advisor.facts.vocabulary import CompanyProofMethod


def _skills(situation: Situation) -> Value:
    skills = situation.call.agent.skills
    return UNKNOWN if skills is None else skills


def _languages(situation: Situation) -> Value:
    languages = situation.call.agent.languages
    return UNKNOWN if languages is None else languages


def _how(situation: Situation) -> Value:
    return frozenset(method.value for method in situation.brand.proof)


FACTS: Final = (
    Fact(
        name="agent.name",
        type=FactType.TEXT,
        about="The name the agent gives to customers.",
        tell=Tell.ANYONE,
        sent_by="dialer",
        read=lambda s: s.call.agent.name or UNKNOWN,
    ),
    Fact(
        name="agent.experience",
        type=FactType.TEXT,
        about="How experienced the agent is, in a word of the company.",
        sent_by="dialer",
        read=lambda s: s.call.agent.experience or UNKNOWN,
    ),
    Fact(
        name="agent.skills",
        type=FactType.CHOICES,
        about="What the agent can do, in the company's words.",
        sent_by="dialer",
        read=_skills,
    ),
    Fact(
        name="agent.languages",
        type=FactType.CHOICES,
        about="The languages the agent speaks, BCP 47.",
        tell=Tell.ANYONE,
        sent_by="dialer",
        read=_languages,
    ),
    Fact(
        name="brand.name",
        type=FactType.TEXT,
        about="The name in which the company rings, as it is said.",
        tell=Tell.ANYONE,
        sent_by="pack",
        read=lambda s: s.brand.name or UNKNOWN,
    ),
    Fact(
        name="brand.number",
        type=FactType.TEXT,
        about="A real number that answers when the customer rings back.",
        tell=Tell.ANYONE,
        sent_by="pack",
        read=lambda s: s.brand.number or UNKNOWN,
    ),
    Fact(
        name="brand.sensitivity",
        type=FactType.ORDERED_CHOICE,
        about="Whether the brand's name alone gives the subject away.",
        sent_by="pack",
        choices=("none", "sensitive"),
        read=lambda s: "sensitive" if s.brand.sensitive else "none",
    ),
    Fact(
        name="proof.how",
        type=FactType.CHOICES,
        about="The ways in which the company can prove itself; caller ID is never one.",
        tell=Tell.ANYONE,
        sent_by="pack",
        absent_means=frozenset(),
        choices=tuple(method.value for method in CompanyProofMethod),
        read=_how,
    ),
    Fact(
        name="proof.reference",
        type=FactType.TEXT,
        about="The reference of this call, by which the customer can check it.",
        tell=Tell.ANYONE,
    ),
)
