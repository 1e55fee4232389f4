"""A circuit breaker: once the store has failed, no call waits for it until a probe succeeds."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When to stop asking, and how often to look whether the store is back.

    Attributes:
        failures: Failures in a row that open the breaker.
        first_pause: Seconds between the first probe, which is made at once, and the second.
        longest_pause: Seconds at most between two probes; the pause doubles until then. A store
            that is back must be used within a second, and a probe takes its time as well.
    """

    failures: int = 1
    first_pause: float = 0.05
    longest_pause: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The state of a breaker; every event gives the next state.

    Attributes:
        failures: Failures in a row, while closed.
        probe_at: When the next probe is due, in seconds of the caller's monotonic clock; None
            while closed.
        pause: Seconds from a failed probe to the next one, while open.
    """

    policy: BreakerPolicy
    failures: int = 0
    probe_at: float | None = None
    pause: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls must not ask the store."""
        return self.probe_at is not None

    def failed(self, now: float) -> Breaker:
        """Note that a call failed for a reason that the next call would meet too."""
        if self.is_open:
            return self
        if self.failures + 1 < self.policy.failures:
            return replace(self, failures=self.failures + 1)
        return replace(self, failures=0, probe_at=now, pause=self.policy.first_pause)

    def succeeded(self) -> Breaker:
        """Note that a call was answered; one that was under way when it opened closes nothing."""
        if self.failures == 0:
            return self
        return replace(self, failures=0)

    def probe_failed(self, now: float) -> Breaker:
        """Note that the store is still not back."""
        longer = min(self.pause * 2, self.policy.longest_pause)
        return replace(self, probe_at=now + self.pause, pause=longer)

    def probe_succeeded(self) -> Breaker:
        """Note that the store is back: calls may ask it again."""
        return Breaker(policy=self.policy)
