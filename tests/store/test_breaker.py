"""The circuit breaker as plain values: when calls may ask, and when a probe is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.store.breaker import Breaker, BreakerPolicy

_POLICY = BreakerPolicy(failures=3, first_pause=0.05, longest_pause=0.15)
_CLOSED = Breaker(policy=_POLICY)
_OPEN = _CLOSED.failed(10.0).failed(10.1).failed(10.2)


def test_opens_after_failures_in_a_row() -> None:
    """It opens with the last of the failures allowed, and the first probe is due at once."""
    assert not _CLOSED.failed(10.0).failed(10.1).is_open
    assert _OPEN.is_open
    assert _OPEN.probe_at == 10.2


def test_success_starts_the_count_again() -> None:
    """Failures count only in a row."""
    breaker = _CLOSED.failed(1.0).failed(1.1).succeeded().failed(1.2).failed(1.3)

    assert not breaker.is_open


def test_success_without_failures_changes_nothing() -> None:
    """The common case makes no new value."""
    assert _CLOSED.succeeded() is _CLOSED


def test_failures_while_open_change_nothing() -> None:
    """Calls that were under way when it opened do not put off the probe."""
    assert _OPEN.failed(11.0) is _OPEN


def test_success_while_open_closes_nothing() -> None:
    """Only a probe closes it, not a call that was under way."""
    assert _OPEN.succeeded().is_open


def test_pauses_between_probes_grow_to_a_limit() -> None:
    """Probes come at once, then after ever longer pauses, up to the longest."""
    breaker, due = _OPEN, []
    for _ in range(4):
        assert breaker.probe_at is not None
        due.append(round(breaker.probe_at, 6))
        breaker = breaker.probe_failed(breaker.probe_at)

    assert due == [10.2, 10.25, 10.35, 10.5]


def test_successful_probe_closes_it() -> None:
    """After a probe that was answered it is as new."""
    assert _OPEN.probe_failed(10.3).probe_succeeded() == _CLOSED


@given(st.lists(st.sampled_from(["failed", "succeeded"])), st.integers(1, 5))
def test_open_exactly_after_a_run_of_failures(events: list[str], allowed: int) -> None:
    """It is open exactly if as many failures as the policy allows once came in a row."""
    breaker = Breaker(policy=BreakerPolicy(failures=allowed))
    for now, event in enumerate(events):
        breaker = breaker.failed(float(now)) if event == "failed" else breaker.succeeded()

    runs = [len(run) for run in "".join(event[0] for event in events).split("s")]
    assert breaker.is_open == (max(runs) >= allowed)
