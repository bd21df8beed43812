"""Who asks, by network address: what limits by address go by."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
"""Whoever asks over a socket that has no address; all of them share their limits."""


def client_address(request: HttpRequest) -> str:
    """The address that asks; of an IPv6 one the network, since whoever has one has a network of them.

    X-Forwarded-For counts only where the setting TRUSTED_PROXIES says that so many proxies of ours each add to it: whatever
    stands before what they added, anybody can have written.
    """
    added = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    count = settings.TRUSTED_PROXIES
    is_told = 0 < count <= len(added)
    return _network(added[-count] if is_told else request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
