"""What Prometheus can read of the service. No label ever holds what a caller wrote."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: Seconds; finer around what a call can wait for.
BUCKETS: Final = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05),
    *(0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0),
)


class Metrics:
    """The metrics of one service, in a registry of its own."""

    __slots__ = (
        "adherence",
        "bad_endings",
        "callback_answers",
        "decisions",
        "degraded",
        "duration",
        "handled",
        "in_progress",
        "journalled",
        "outcomes_missing",
        "pack",
        "promise_oldest",
        "promises",
        "promises_due",
        "registry",
        "rules",
        "started",
        "store_available",
        "streams",
        "uncovered",
        "undone",
    )

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics."""
        self.registry = registry
        self.started = Counter(
            "advisor_calls_started", "Requests begun.", ["method"], registry=registry
        )
        self.handled = Counter(
            "advisor_calls_handled",
            "Requests answered, by status code.",
            ["method", "code"],
            registry=registry,
        )
        self.duration = Histogram(
            "advisor_call_duration_seconds",
            "From the arrival of a request to its answer.",
            ["method"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.in_progress = Gauge(
            "advisor_calls_in_progress", "Requests being answered now.", registry=registry
        )
        self.decisions = Counter(
            "advisor_decisions", "Verdicts given by Advise.", ["decision"], registry=registry
        )
        self.degraded = Counter(
            "advisor_degraded_decisions",
            "Answers of Advise given without the customer's stored state.",
            registry=registry,
        )
        self.uncovered = Counter(
            "advisor_uncovered_events",
            "Events of calls to which the pack had nothing to say, and unscripted ones.",
            ["event"],
            registry=registry,
        )
        self.adherence = Counter(
            "advisor_adherence_events",
            "What agents did otherwise than advised, to improve the rules and judge nobody.",
            ["what"],
            registry=registry,
        )
        self.bad_endings = Counter(
            "advisor_bad_endings",
            "Calls that left the customer annoyed, by the stage and the item at which they ended.",
            ["stage", "item"],
            registry=registry,
        )
        self.callback_answers = Counter(
            "advisor_callback_answers",
            "What customers answered when another call was offered.",
            ["answer"],
            registry=registry,
        )
        self.promises = Counter(
            "advisor_promises", "Promises, by what became of them.", ["state"], registry=registry
        )
        self.promises_due = Gauge(
            "advisor_promises_due",
            "Promises that are due and nobody has claimed.",
            registry=registry,
        )
        self.promise_oldest = Gauge(
            "advisor_promise_oldest_due_seconds",
            "For how long the oldest of them has been due; 0 where none is.",
            registry=registry,
        )
        self.streams = Gauge("advisor_streams_open", "Streams open now.", registry=registry)
        self.journalled = Counter(
            "advisor_journal_entries", "Changes written to the journal.", registry=registry
        )
        self.outcomes_missing = Counter(
            "advisor_outcomes_missing",
            "Calls settled because nobody told their outcome in time.",
            registry=registry,
        )
        self.undone = Counter(
            "advisor_left_undone",
            "What should have been stored after an answer and was not.",
            ["what"],
            registry=registry,
        )
        self.store_available = Gauge(
            "advisor_store_available", "1 while the store answers, else 0.", registry=registry
        )
        self.pack = Gauge(
            "advisor_pack_info", "1 for the pack that decides.", ["pack_version"], registry=registry
        )
        self.rules = Gauge(
            "advisor_pack_rules", "Rules of the pack that decides.", registry=registry
        )
