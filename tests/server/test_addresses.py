"""The service listens on loopback only."""

from __future__ import annotations

import pytest

from advisor.server.addresses import AddressRefused, listening_address, loopback


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:50051", "127.0.0.1:50051"),
        ("127.8.9.1:0", "127.8.9.1:0"),
        ("localhost:50051", "127.0.0.1:50051"),
        ("[::1]:50051", "[::1]:50051"),
        ("unix:/run/advisor.sock", "unix:/run/advisor.sock"),
    ],
)
def test_addresses_of_this_machine_are_taken(text: str, expected: str) -> None:
    """Loopback addresses and socket files are where the service may listen."""
    assert listening_address("ADVISOR_LISTEN", text) == expected


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0:50051", "[::]:50051", "192.168.0.7:50051", "example.com:50051", "[::ffff:1.2.3.4]:1"],
)
def test_addresses_that_others_could_reach_are_refused(text: str) -> None:
    """Until TLS and identity exist the service refuses to listen anywhere but on loopback."""
    with pytest.raises(AddressRefused, match=r"loopback only.*Use 127\.0\.0\.1"):
        listening_address("ADVISOR_LISTEN", text)


@pytest.mark.parametrize("text", ["", "50051", ":50051", "127.0.0.1", "127.0.0.1:65536", "unix:"])
def test_what_is_no_address_is_said_to_be_none(text: str) -> None:
    """A message names the setting, what it is, and what is expected."""
    with pytest.raises(AddressRefused, match=r"ADVISOR_METRICS_LISTEN is .*expected host:port"):
        loopback("ADVISOR_METRICS_LISTEN", text)
