"""Where the service may listen: on loopback only, until TLS and identity exist."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

_UNIX = "unix:"
_MOST_PORT = 65_535


class AddressRefused(ValueError):
    """An address on which the service does not listen; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """A loopback host and a port; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as gRPC and people read it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def loopback(setting: str, text: str) -> Address:
    """Read a loopback address.

    Args:
        setting: Name of the setting, for the message.
        text: Host and port, such as ``127.0.0.1:50051``, ``[::1]:0`` or ``localhost:50051``.

    Raises:
        AddressRefused: It is no address, or others than this machine could reach it.
    """
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not port.isdecimal() or int(port) > _MOST_PORT:
        raise AddressRefused(f'{setting} is "{text}"; expected host:port, such as 127.0.0.1:50051')
    if not _is_loopback(host):
        raise AddressRefused(
            f'{setting} is "{text}"; the service listens on loopback only, because it has neither'
            f" TLS nor identities yet. Use 127.0.0.1:{port}, and put callers on the same machine"
            " or in the same network namespace."
        )
    return Address("127.0.0.1" if host == "localhost" else host, int(port))


def listening_address(setting: str, text: str) -> str:
    """Return where gRPC may listen: a loopback address, or a socket file of this machine.

    Raises:
        AddressRefused: As for `loopback`.
    """
    if text.startswith(_UNIX) and len(text) > len(_UNIX):
        return text
    return str(loopback(setting, text))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
