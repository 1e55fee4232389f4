"""The facts of one situation, each read at most once."""

from __future__ import annotations

from collections.abc import Callable

from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, Possible, Value
from advisor.facts.worlds import World


class Facts:
    """What is so in one situation: the catalogue's facts, read lazily and kept.

    A fact stated by name outranks what is read from the situation. A fact that moves with the
    zone has one value in each candidate world; `value` shows them all as possible.
    """

    __slots__ = ("_kept", "_kept_in", "_later", "catalogue", "situation")

    def __init__(
        self,
        catalogue: Catalogue,
        situation: Situation,
        later: Callable[[Situation], Situation] | None = None,
    ) -> None:
        """Look at a situation through a catalogue.

        Args:
            catalogue: The facts that there are.
            situation: What is so.
            later: Works out what a fact declares to be costly, once, when the first such fact is
                asked for.
        """
        self.catalogue = catalogue
        self.situation = situation
        self._later = later
        self._kept: dict[str, Value] = {}
        self._kept_in: dict[tuple[str, int], Value] = {}

    @property
    def worlds(self) -> tuple[World, ...]:
        """The candidate worlds; empty where nothing is known of the customer's place."""
        return self.situation.worlds

    def value(self, name: str) -> Value:
        """Return a fact over all candidate worlds.

        Raises:
            UnknownFactError: The catalogue holds no such fact.
        """
        try:
            return self._kept[name]
        except KeyError:
            value = self._kept[name] = self._read(name)
            return value

    def value_in(self, name: str, world: World) -> Value:
        """Return a fact in one candidate world; one that does not move is the same in all."""
        key = (name, id(world))
        try:
            return self._kept_in[key]
        except KeyError:
            value = self._kept_in[key] = self._read_in(name, world)
            return value

    def _read(self, name: str) -> Value:
        stated = self.situation.stated.get(name)
        if stated is not None:
            return stated
        fact = self.catalogue[name]
        if fact.costly and self._later is not None:
            self.situation, self._later = self._later(self.situation), None
        if fact.read_in_world is not None:
            return _over_worlds([self.value_in(name, world) for world in self.worlds])
        value = _sent(name, self.situation) if fact.read is None else fact.read(self.situation)
        return fact.absent_means if value is UNKNOWN else value

    def _read_in(self, name: str, world: World) -> Value:
        read = self.catalogue[name].read_in_world
        if read is None or name in self.situation.stated:
            return self.value(name)
        return read(self.situation, world)


def _sent(name: str, situation: Situation) -> Value:
    """Look a declared fact up among the facts of the occasion, or the customer's attributes."""
    group, _, word = name.partition(".")
    if group == "purpose":
        return situation.occasion.facts.get(word, UNKNOWN)
    return situation.profile.attributes.get(name, UNKNOWN)


def _over_worlds(values: list[Value]) -> Value:
    """Join the values of all worlds; unknown in one world is unknown altogether."""
    distinct = list(dict.fromkeys(values))
    if not distinct or UNKNOWN in distinct:
        return UNKNOWN
    if len(distinct) == 1:
        return distinct[0]
    return Possible(tuple(value for value in distinct if not isinstance(value, Possible)))
