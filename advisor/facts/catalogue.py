"""The typed catalogue of facts: what rules may speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from advisor.facts.values import UNKNOWN, FactType, Tell, Value

if TYPE_CHECKING:
    from advisor.facts.situation import Situation
    from advisor.facts.worlds import World

#: Reads a fact from a situation; world-bound facts are read once for every candidate world.
Reader = Callable[["Situation"], Value]
WorldReader = Callable[["Situation", "World"], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One declared fact.

    Attributes:
        name: Dotted name, ``group.word``.
        type: How its values are read and compared.
        about: One sentence: what it tells.
        tell: Who may hear it.
        sent_by: Who provides it (dialer, CRM, advisor, pack, ...).
        absent_means: What holds when nobody sent it: ``UNKNOWN``, ``NEVER``, or a plain value
            (no complaints is the number 0 where the source is complete).
        choices: The words of a choice, ordered choice (weakest first) or closed set.
        unit: Unit of a number, for readers.
        spoken: Whether an instant or a time of day is worded for speech ("tomorrow at half past
            six").
        costly: Whether it has to be worked out before it can be read, and nobody does so unasked.
        read: Takes the value from a situation; None for a fact that only a pack declares
            (it is then looked up among the attributes or the facts of the occasion).
        read_in_world: Takes the value in one candidate world (local time, weekday, region ...).
    """

    name: str
    type: FactType
    about: str
    tell: Tell = Tell.NOBODY
    sent_by: str = "advisor"
    absent_means: Value = UNKNOWN
    choices: tuple[str, ...] = ()
    unit: str | None = None
    spoken: bool = False
    costly: bool = False
    read: Reader | None = None
    read_in_world: WorldReader | None = None

    @property
    def moves_with_zone(self) -> bool:
        """Whether its value differs between the candidate zones of the customer."""
        return self.read_in_world is not None


class UnknownFactError(LookupError):
    """A name that the catalogue does not hold.

    Attributes:
        name: The name asked for.
        nearest: The most similar declared names, best first.
    """

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        """Name the missing fact and its nearest neighbours."""
        super().__init__(f"no fact is called {name}")
        self.name = name
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Facts by name; immutable, and extended by making a new one."""

    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Catalogue:
        """Build a catalogue; a name given twice is a ValueError."""
        by_name: dict[str, Fact] = {}
        for fact in facts:
            if fact.name in by_name:
                message = f"the fact {fact.name} is declared twice"
                raise ValueError(message)
            by_name[fact.name] = fact
        return cls(MappingProxyType(by_name))

    def extended(self, facts: Iterable[Fact]) -> Catalogue:
        """Return a catalogue that also holds these facts; a name given twice is a ValueError."""
        return Catalogue.of([*self.facts.values(), *facts])

    def __contains__(self, name: object) -> bool:
        """Tell whether a fact of that name is declared."""
        return name in self.facts

    def __getitem__(self, name: str) -> Fact:
        """Return the fact of that name, or raise UnknownFactError with the nearest names."""
        try:
            return self.facts[name]
        except KeyError:
            nearest = tuple(get_close_matches(name, self.facts, n=3, cutoff=0.6))
            raise UnknownFactError(name, nearest) from None

    def __iter__(self) -> Iterator[Fact]:
        """Iterate over the facts in the order in which they were declared."""
        return iter(self.facts.values())
