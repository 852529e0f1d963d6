"""Connects to hosts that somebody else has named.

A stranger who may name any host could learn from the answers what listens on this machine and in
the network around it, and reach what trusts whoever is inside (OWASP: server-side request forgery).
"""

import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from core.errors import Refused

Dial = Callable[[str, int, float], socket.socket]
"""Connects to a host and port, within so many seconds. `OSError` when nobody answers, and
`UnicodeError` where no host can be called so."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Where an IPv6 address stands for an IPv4 one (RFC 6052 2.1)."""
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
"""The same within one network (RFC 8215)."""


def anywhere(host: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((host, port), timeout=seconds)


def publicly(host: str, port: int, seconds: float) -> socket.socket:
    """The same for public addresses alone; `Refused` where the host has another one as well.

    It is looked up once, and that address is connected to: what the name means a moment later does
    not matter.
    """
    until = time.monotonic() + seconds
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(is_public(str(address[0])) for *_, address in found):
        raise Refused(
            f"{host!r} is in the network of the machine that runs this, so only whoever runs it "
            "may link an account there. They can allow it to all with ORCHESTRE_PRIVATE_HOSTS."
        )
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, until - time.monotonic()))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure or OSError(f"{host!r} has no address.")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address can only be this machine."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, also where it stands for another."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip.is_site_local or ip in LOCAL_NAT64:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast
