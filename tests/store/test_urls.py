"""What a Redis URL names, and what is said about one that cannot be read."""

from __future__ import annotations

import pytest

from advisor.store.client import StoreClient
from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.urls import Topology, read_url


def test_sentinels() -> None:
    """A URL of Sentinels names them, the service, the database and the servers' account."""
    named = read_url("redis+sentinel://me:p%40ss@one:1,two,[::1]:3/my%20master/4?client_name=x")

    assert named.topology is Topology.SENTINEL
    assert named.nodes == (("one", 1), ("two", 26379), ("::1", 3))
    assert named.service == "my master"
    assert not named.secure
    assert named.options == {"username": "me", "password": "p@ss", "db": 4, "client_name": "x"}
    assert named.sentinel_options == {}


def test_sentinels_have_an_account_of_their_own() -> None:
    """The servers' password is not told to the Sentinels; TLS and its options are for both."""
    named = read_url(
        "rediss+sentinel://:secret@one/calls?sentinel_password=other&ssl_ca_certs=ca.pem"
    )

    assert named.secure
    assert named.options == {"password": "secret", "db": 0, "ssl_ca_certs": "ca.pem"}
    assert named.sentinel_options == {"password": "other", "ssl_ca_certs": "ca.pem"}


def test_cluster() -> None:
    """A URL of a cluster names servers through which the others are found."""
    named = read_url("redis+cluster://:secret@one:1,two")

    assert named.topology is Topology.CLUSTER
    assert named.nodes == (("one", 1), ("two", 6379))
    assert (named.secure, named.options) == (False, {"password": "secret", "db": 0})
    assert read_url("rediss+cluster://one/0").secure


@pytest.mark.parametrize("url", ["redis://h/1", "rediss://h", "unix:///run/redis.sock"])
def test_one_server(url: str) -> None:
    """The driver reads the URL of a single server itself."""
    assert read_url(url).topology is Topology.ONE


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis+sentinel://one:1", "ends with the name of the service"),
        ("redis+sentinel://one:1/calls/many", "ends with the name of the service"),
        ("redis+sentinel://one:1,:2/calls", "names no host"),
        ("redis+sentinel://one:many/calls", "cannot be read"),
        ("redis+sentinel:///calls", "names no host"),
        ("redis+sentinel://one/calls?socket_timeout=long", "cannot be read"),
        ("redis+cluster://one:1/3", "no databases"),
        ("redis+cluster://", "names no host"),
        ("redis+cluster://[::1", "cannot be read"),
        ("redis+something://one", "it begins with 'redis\\+something'"),
    ],
)
def test_url_that_cannot_be_read(url: str, said: str) -> None:
    """A URL that is none of the forms is refused, with what is wrong and without its password."""
    with pytest.raises(StoreMisconfigured, match=said) as caught:
        StoreClient(url.replace("://", "://:hidden@", 1) if "[" not in url else url)
    assert caught.value.reason is Reason.UNSUITABLE
    assert "hidden" not in str(caught.value)


def test_what_is_shown_of_a_url_has_no_password() -> None:
    """A URL that was read does not show its password where it is written down by accident."""
    for url in ("redis+cluster://:hidden@one", "redis+sentinel://:hidden@one/calls"):
        assert "hidden" not in repr(read_url(url))
