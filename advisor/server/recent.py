"""Calls that this process has seen of late, so that one that goes on is guided without a store."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from advisor.store.call_records import DecisionRecord
from advisor.store.live_records import EventRecord

#: Calls remembered; the one longest unheard of makes room.
MOST: Final = 2_000


@dataclass(slots=True)
class Recent:
    """One call.

    Attributes:
        record: The decision on it.
        reference: What the customer may quote of it.
        agent_id: Who has it; empty for nobody.
        revision: The last that the store told.
        events: What was reported, by id, in the order of arrival here.
    """

    record: DecisionRecord
    reference: str
    agent_id: str
    revision: int = 0
    events: dict[str, EventRecord] = field(default_factory=dict)


class RecentCalls:
    """Remembers calls, and nothing that the store does not keep too when it is back."""

    def __init__(self) -> None:
        """Remember none."""
        self._calls: OrderedDict[str, Recent] = OrderedDict()

    def decided(self, record: DecisionRecord, *, reference: str, agent_id: str) -> None:
        """Remember a call that was just decided, with what has happened in it."""
        before = self._calls.pop(record.call_id, None)
        self._calls[record.call_id] = Recent(
            record=record,
            reference=reference,
            agent_id=agent_id,
            revision=0 if before is None else before.revision,
            events={} if before is None else before.events,
        )
        while len(self._calls) > MOST:
            self._calls.popitem(last=False)

    def get(self, call_id: str) -> Recent | None:
        """Return a call; None where this process has not seen it of late."""
        found = self._calls.get(call_id)
        if found is not None:
            self._calls.move_to_end(call_id)
        return found
