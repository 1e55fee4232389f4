"""The whole service under load: beside a bare server (S1), and beside itself with few rules (S2).

Run by ``python -m bench.service [rounds]``. Three services run side by side on one Redis; rounds
are interleaved, so that a slow moment of the machine falls on all.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from redis import Redis

from advisor.v1 import (
    advisor_service_pb2,
    customer_pb2,
    customer_service_pb2,
    vocabulary_customer_pb2,
)
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.customer_service_pb2_grpc import CustomerServiceStub
from bench import bare, packs
from bench.load import Sample, frame, load, require_h2load
from bench.processes import Running, advisor, free_port, memory, redis, script
from bench.report import line

ROUNDS: Final = 11
RULES: Final = (100, 10_000)
#: Calls of one round, about a second's worth each.
CALLS: Final = {"bare": 3_000, "advisor": 900}
WARM_UP: Final = 600
ADVISE: Final = "advisor.v1.AdvisorService/Advise"
CUSTOMER: Final = "c-1001"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One service, and how it is asked."""

    service: Running
    method: str
    body: Path
    calls: int
    reply_bytes: int

    def run(self, calls: int | None = None) -> Sample:
        """Run one round."""
        return load(self.service, self.method, self.body, calls or self.calls, self.reply_bytes)


def request() -> advisor_service_pb2.AdviseRequest:
    """Return the call that is asked about, explanation on; the rest is kept in the store."""
    sent = advisor_service_pb2.AdviseRequest()
    sent.call.call_id = "bench-call-1"
    sent.call.brand = "acme-bank"
    sent.call.campaign = "pin-2026"
    sent.call.dialled_number = "+442079460123"
    sent.call.regions.append("GB")
    sent.call.time_zones.append("Europe/London")
    sent.call.agent.name = "Sam"
    sent.call.attempt = int(packs.CALL["call.attempt"])
    sent.purpose.id = str(packs.CALL["purpose.id"])
    sent.purpose.occasion["starts_on"].date = "2026-02-01"
    sent.customer.customer_id = CUSTOMER
    sent.customer.history.SetInParent()
    sent.explain = advisor_service_pb2.EXPLAIN_LEVEL_ITEMS
    return sent


def profile() -> customer_pb2.CustomerProfile:
    """Return what is kept of the customer."""
    kept = customer_pb2.CustomerProfile(
        preferred_name="Ms Kirkby",
        name_hint="KURK-bee",
        language="en-GB",
        region="GB",
        stated_zone="Europe/London",
        relationship=vocabulary_customer_pb2.RELATIONSHIP_CUSTOMER,
    )
    kept.card.tier = vocabulary_customer_pb2.TRUST_TIER_WARM
    kept.card.balance = 24.5
    for name, value in packs.CALL.items():
        if name.startswith("shop."):
            if isinstance(value, str):
                kept.attributes[name].text = value
            else:
                kept.attributes[name].whole = value
    kept.attributes["bank.pin_used"].yes_no = False
    return kept


def store_customer(service: Running) -> None:
    """Store the customer through the service's own door."""
    with grpc.insecure_channel(service.address) as channel:
        CustomerServiceStub(channel).UpdateCustomer(
            customer_service_pb2.UpdateCustomerRequest(customer_id=CUSTOMER, profile=profile()),
            timeout=5,
        )


def asked(service: Running) -> advisor_service_pb2.AdviseResponse:
    """Ask once, and make sure that the answer is what the bench means to measure."""
    with grpc.insecure_channel(service.address) as channel:
        answer = AdvisorServiceStub(channel).Advise(request(), timeout=5)
    report = answer.context_report
    if report.degraded or not answer.items:
        sys.exit(f"the call of the bench is not answered as it should be:\n{answer}")
    return answer


@contextlib.contextmanager
def candidates(rules: tuple[int, ...] = RULES) -> Iterator[dict[str, Candidate]]:
    """Start all services on one Redis with one customer in it."""
    require_h2load()
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-bench-")))
        url = stack.enter_context(redis(scratch))
        body = scratch / "request"
        body.write_bytes(frame(request().SerializeToString()))
        found: dict[str, Candidate] = {}
        size = 0
        for count in rules:
            folder = packs.write_pack(scratch / f"pack-{count}", count)
            service = stack.enter_context(advisor(folder, url))
            if not found:
                store_customer(service)
            answer = asked(service)
            size = answer.ByteSize()
            print(f"advisor, {count} rules: {len(answer.items)} items in {size} bytes")
            found[f"advisor, {count} rules"] = Candidate(
                service, ADVISE, body, CALLS["advisor"], size
            )
        with Redis.from_url(url) as client:
            key = max(client.scan_iter("advisor:*:profile"), key=client.memory_usage)
            print(f"one customer of {len(client.get(key) or b'')} bytes")
        port = free_port()
        arguments = [str(port), url, key.decode(), str(size)]
        service = stack.enter_context(script("bench.bare", arguments, port))
        found["bare"] = Candidate(
            service, f"{bare.SERVICE}/{bare.METHOD}", body, CALLS["bare"], size
        )
        yield found


def measure(rounds: int, rules: tuple[int, ...] = RULES) -> dict[str, list[Sample]]:
    """Run interleaved rounds; return the samples of each candidate."""
    with candidates(rules) as found:
        for candidate in found.values():
            candidate.run(WARM_UP)
        taken: dict[str, list[Sample]] = {name: [] for name in found}
        for number in range(rounds):
            # Each is first in turn, so that none always follows the same other.
            names = list(found)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                taken[name].append(found[name].run())
        for name, candidate in found.items():
            print(f"{name}: {memory(candidate.service.pid):.0f} MB resident")
    return taken


def ratios(over: list[Sample], under: list[Sample], of: Callable[[Sample], float]) -> list[float]:
    """Return the ratio of two candidates, round by round."""
    return [of(one) / of(other) for one, other in zip(over, under, strict=True)]


def main() -> None:
    """Measure S1 and S2."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    taken = measure(rounds)
    print(f"{rounds} rounds, load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for name, samples in taken.items():
        print(line(name, [each.rate for each in samples], "calls/s"))
        print(line("", [each.processor for each in samples], "us of processor a call"))
    few, many = (taken[f"advisor, {count} rules"] for count in RULES)
    for name, of in (("throughput", _rate), ("calls per processor second", _per_processor)):
        print(line(f"S1 {name}, to bare", ratios(many, taken["bare"], of), "x", 2))
        print(line(f"S2 {name}, 10,000 to 100 rules", ratios(many, few, of), "x", 2))


def _rate(sample: Sample) -> float:
    return sample.rate


def _per_processor(sample: Sample) -> float:
    return 1 / sample.processor


if __name__ == "__main__":
    main()
