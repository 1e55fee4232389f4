"""The least a gRPC service in Python can do that looks something up: the yardstick of S1.

grpc.aio on uvloop, one redis-py GET a call, and an answer of so many bytes that is always the
same. No interceptor, no deadline, no log, no metrics, no message of protobuf is even read.
"""

from __future__ import annotations

import asyncio
import sys

import grpc
import uvloop
from redis.asyncio import Redis

SERVICE = "bench.Bare"
METHOD = "Get"


async def serve(port: int, url: str, key: str, size: int) -> None:
    """Answer until the process is ended."""
    redis = Redis.from_url(url)
    reply = bytes(size)

    async def get(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        await redis.get(key)
        return reply

    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(get)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler})]
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
