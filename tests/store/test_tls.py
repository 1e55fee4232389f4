"""Redis over TLS: one server, Sentinels and a cluster, each with a password."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from advisor.store.durability import Promise
from advisor.store.errors import Reason, StoreError
from advisor.store.memories import MemoryStore
from tests.store.outcomes import settle
from tests.store.services import SWIFT, opened
from tests.store.topologies import Server, free_ports, until

_PASSWORD, _OTHER = "of-the-servers", "of-the-sentinels"


@pytest.fixture(scope="module", name="certificate")
def _certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of loopback, and give its file; the key lies beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("NOT TESTED over TLS: there is no openssl on the PATH to make a certificate.")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem"


@pytest.fixture(scope="module", name="urls")
def _urls(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start servers that speak nothing but TLS; give their URLs without account or options."""
    folder = tmp_path_factory.mktemp("servers")
    one, node, bus, sentinel = free_ports(4)
    tls = (
        *("--port", "0", "--tls-cert-file", str(certificate)),
        *("--tls-key-file", str(certificate.with_name("key.pem"))),
        *("--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no"),
    )
    kept = ("--requirepass", _PASSWORD, "--appendonly", "yes")
    clustered = ("--cluster-enabled", "yes", "--cluster-port", str(bus), "--tls-cluster", "yes")
    watching = folder / "sentinel.conf"
    watching.write_text(
        f"sentinel monitor calls 127.0.0.1 {one} 1\nsentinel auth-pass calls {_PASSWORD}\n"
        f"requirepass {_OTHER}\ntls-replication yes\n"
    )
    known = {"ssl": True, "ssl_ca_certs": str(certificate)}
    servers = [
        Server(folder=folder / name, port=port, arguments=arguments, client=client)
        for name, port, arguments, client in (
            ("one", one, (*tls, *kept), {**known, "password": _PASSWORD}),
            ("node", node, (*tls, *kept, *clustered), {**known, "password": _PASSWORD}),
            (
                "sentinel",
                sentinel,
                (str(watching), "--sentinel", *tls),
                {**known, "password": _OTHER},
            ),
        )
    ]
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.end)
            server.start()
        _must_speak_tls(servers[0])
        until(lambda: all(server.answers() for server in servers))
        servers[1].command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        until(lambda: "cluster_state:ok" in str(servers[1].command("CLUSTER", "INFO")))
        yield {
            "one": f"rediss://{{}}127.0.0.1:{one}/0?",
            "cluster": f"rediss+cluster://{{}}localhost:{node}?",
            "sentinels": f"rediss+sentinel://{{}}localhost:{sentinel}/calls/0?",
        }


def _must_speak_tls(server: Server) -> None:
    """Skip where the server was built without TLS: it ends at once, and says so."""
    deadline = time.monotonic() + 0.5
    while server.process is not None and server.process.poll() is None:
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)
    pytest.skip("NOT TESTED over TLS: the server on this machine was built without it.")


def _url(urls: dict[str, str], kind: str, certificate: Path, password: str = _PASSWORD) -> str:
    return (
        urls[kind].format(f":{password}@")
        + f"ssl_ca_certs={certificate}"
        + (f"&sentinel_password={_OTHER}" if kind == "sentinels" else "")
    )


@pytest.mark.parametrize("kind", ["one", "sentinels", "cluster"])
async def test_store_over_tls(
    urls: dict[str, str], certificate: Path, namespace: str, kind: str
) -> None:
    """With `rediss` all is over TLS, and opening all connections takes less than a second."""
    url = _url(urls, kind, certificate)
    begun = time.monotonic()
    async with opened(url, namespace, promise=Promise(), settings=SWIFT) as vault:
        took = time.monotonic() - begun
        committed = await settle(MemoryStore(vault), 1)

    assert not committed.repeated
    assert took < 1.0


@pytest.mark.parametrize("kind", ["one", "sentinels", "cluster"])
async def test_wrong_password_over_tls(
    urls: dict[str, str], certificate: Path, namespace: str, kind: str
) -> None:
    """A wrong password is REFUSED on each topology, and is not shown."""
    with pytest.raises(StoreError) as caught:
        async with opened(_url(urls, kind, certificate, "hidden"), namespace):
            raise AssertionError("unreachable: it was refused")
    assert caught.value.reason is Reason.REFUSED
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("kind", ["one", "sentinels", "cluster"])
async def test_unknown_certificate(urls: dict[str, str], namespace: str, kind: str) -> None:
    """A certificate that nobody vouches for is no server of ours: UNREACHABLE."""
    url = urls[kind].format(f":{_PASSWORD}@") + f"sentinel_password={_OTHER}"
    url = url if kind == "sentinels" else url.partition("?")[0]
    with pytest.raises(StoreError) as caught:
        async with opened(url, namespace):
            raise AssertionError("unreachable: it was refused")
    assert caught.value.reason is Reason.UNREACHABLE
