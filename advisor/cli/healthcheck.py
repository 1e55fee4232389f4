"""`advisor healthcheck`: exit 0 where the service serves, for containers and scripts."""

from __future__ import annotations

import click
from grpc_health.v1 import health_pb2, health_pb2_grpc

from advisor.cli.client import UNREACHABLE, address_option, service

#: Seconds until a service that does not answer counts as unreachable.
_PATIENCE = 2.0


@click.command()
@address_option
@click.option(
    "--service",
    "name",
    default="advisor.v1.AdvisorService",
    show_default=True,
    help="Which service must serve; empty for the whole.",
)
def healthcheck(address: str, name: str) -> None:
    """Exit with 0 if the service at ADDRESS serves, with 3 if it does not."""
    with service(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(  # type: ignore[attr-defined]  # unknown to the stubs
            health_pb2.HealthCheckRequest(service=name), timeout=_PATIENCE
        )
    status = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    click.echo(f"{name or 'advisor'}: {status}")
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise SystemExit(UNREACHABLE)
