"""A whole service on loopback with a small pack, and typed clients for it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import status_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry

from advisor.server.app import Running, Surroundings, service
from advisor.server.logs import logger
from advisor.server.settings import LogFormat, Settings
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from advisor.v1.call_pb2 import Call, Purpose
from advisor.v1.customer_service_pb2 import (
    GetCustomerRequest,
    GetCustomerResponse,
    UpdateCustomerRequest,
    UpdateCustomerResponse,
)
from advisor.v1.rule_service_pb2 import (
    CheckPackRequest,
    CheckPackResponse,
    EvaluatePackRequest,
    EvaluatePackResponse,
    GetPackRequest,
    GetPackResponse,
    ListRulesRequest,
    ListRulesResponse,
)
from tests.server.desk import Refused

_Reply = TypeVar("_Reply", bound=Message)

#: A Monday afternoon in London.
NOW: Final = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
SECRET: Final = "a secret of the tests"  # noqa: S105 - guards nothing

PACK: Final = MappingProxyType(
    {
        "pack.yaml": b"""\
pack:
  name: small
  version: "1.0"
  default_locale: en-GB
  default_calendar: daytime
  brands:
    acme: {name: "Acme Bank", number: "+442079460100", proof: [app_call_status]}
openings:
  standard: [greeting, headline, body, close]
facts:
  bank.pin_used: {type: yes_no, tell: claimed, about: "Used?", sent_by: CRM, absent_means: unknown}
purposes:
  pin-migration:
    kind: service_information
    sensitivity: open
    least_verification: none
    deadline: purpose.starts_on
    occasion: {starts_on: {type: date, tell: anyone, about: "When it starts."}}
    say:
      topic: "a change to how your card works"
      headline: "It's about a change to how your card works."
      statement: "From {purpose.starts_on} every purchase will need your PIN."
    benefit: "You will not be refused at a till."
    opening: standard
calendars:
  - id: daytime
    because: Nobody likes to be rung at night.
    open: {mon-sun: ["09:00-18:00"]}
    basis: policy
eligibility:
  - id: complaint-first
    because: A complaint is answered first.
    basis: policy
    if_unsure: skip
    when: {complaints.open: {at_least: 1}}
    then: {decision: defer, reason: open_complaint}
guidance:
  - id: headline-first
    because: Nobody tells a stranger who they are before hearing what it is about.
    then:
      - say:
          {name: headline, stage: headline, force: must, text: "{purpose.headline}",
           establishes: headline}
  - id: pin-never-used
    because: Never used, and soon needed.
    when: {bank.pin_used: no}
    then:
      - say:
          {name: remind, stage: body, force: should, benefit: customer,
           text: "Do you have your PIN somewhere safe?"}
"""
    }
)


@dataclass(slots=True)
class Client:
    """A running service, its typed methods, and what it wrote."""

    running: Running
    channel: grpc.aio.Channel
    log: io.StringIO
    registry: CollectorRegistry

    async def advise(self, request: AdviseRequest) -> AdviseResponse:
        """Call Advise."""
        return await self._call("AdvisorService/Advise", request, AdviseResponse)

    async def get_customer(self, request: GetCustomerRequest) -> GetCustomerResponse:
        """Call GetCustomer."""
        return await self._call("CustomerService/GetCustomer", request, GetCustomerResponse)

    async def update_customer(self, request: UpdateCustomerRequest) -> UpdateCustomerResponse:
        """Call UpdateCustomer."""
        return await self._call("CustomerService/UpdateCustomer", request, UpdateCustomerResponse)

    async def get_pack(self) -> GetPackResponse:
        """Call GetPack."""
        return await self._call("RuleService/GetPack", GetPackRequest(), GetPackResponse)

    async def list_rules(self, request: ListRulesRequest) -> ListRulesResponse:
        """Call ListRules."""
        return await self._call("RuleService/ListRules", request, ListRulesResponse)

    async def check_pack(self, request: CheckPackRequest) -> CheckPackResponse:
        """Call CheckPack."""
        return await self._call("RuleService/CheckPack", request, CheckPackResponse)

    async def evaluate_pack(self, request: EvaluatePackRequest) -> EvaluatePackResponse:
        """Call EvaluatePack."""
        return await self._call("RuleService/EvaluatePack", request, EvaluatePackResponse)

    async def raw(self, method: str, raw: bytes) -> bytes:
        """Send bytes to a method of the contract and return the bytes that came.

        Raises:
            Refused: The status was not OK.
        """
        multicallable: Any = self.channel.unary_unary(f"/advisor.v1.{method}")
        call = multicallable(raw, timeout=10)
        try:
            reply: bytes = await call
        except grpc.aio.AioRpcError as error:
            status = await rpc_status.aio.from_call(call)
            raise Refused(
                error.code(), error.details() or "", status or status_pb2.Status()
            ) from None
        return reply

    async def _call(self, method: str, request: Message, reply: type[_Reply]) -> _Reply:
        return reply.FromString(await self.raw(method, request.SerializeToString()))


def settings_for(tmp_path: Path, **changed: object) -> Settings:
    """Make settings for a service on free ports, its pack in a folder."""
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    for name, content in PACK.items():
        (folder / name).write_bytes(content)
    return Settings.model_validate(
        {
            "listen": "127.0.0.1:0",
            "metrics_listen": "",
            "rules": folder,
            "data": tmp_path / "data",
            "hmac_key": SECRET,
            "advise_deadline_ms": 5_000,
            "store_budget_ms": 1_000,
            "drain_ms": 1_000,
            **changed,
        }
    )


@dataclass(slots=True)
class Hands:
    """A clock that stands still until it is put to another time."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


#: Of a channel: a request that the store was too slow for is sent again, as a caller would.
PATIENT: Final = (
    (
        "grpc.service_config",
        json.dumps(
            {
                "methodConfig": [
                    {
                        "name": [{}],
                        "retryPolicy": {
                            "maxAttempts": 5,
                            "initialBackoff": "0.2s",
                            "maxBackoff": "1s",
                            "backoffMultiplier": 2,
                            "retryableStatusCodes": ["UNAVAILABLE"],
                        },
                    }
                ]
            }
        ),
    ),
)

_STILL: Final = Hands()


def surroundings(
    log: io.StringIO, registry: CollectorRegistry, clock: Callable[[], datetime] = _STILL
) -> Surroundings:
    """Make what a service is given from outside; its clock stands still."""
    counted = iter(range(1_000_000))
    return Surroundings(
        clock=clock,
        log=logger(log, LogFormat.JSON),
        registry=registry,
        new_id=lambda: f"id-{next(counted)}",
    )


@asynccontextmanager
async def running(
    settings: Settings, clock: Callable[[], datetime] = _STILL
) -> AsyncIterator[Client]:
    """Run a service, and open a client to it."""
    log, registry = io.StringIO(), CollectorRegistry()
    async with (
        service(settings, surroundings(log, registry, clock)) as what,
        grpc.aio.insecure_channel(what.address) as channel,
    ):
        yield Client(what, channel, log, registry)


def pin_call(**customer: object) -> AdviseRequest:
    """Make the request of a call about the PIN to a customer in London."""
    request = AdviseRequest(
        call=Call(call_id="c-1", brand="acme", time_zones=["Europe/London"]),
        purpose=Purpose(id="pin-migration"),
    )
    request.purpose.occasion["starts_on"].date = "2026-02-01"
    for name, value in customer.items():
        setattr(request.customer, name, value)
    return request
