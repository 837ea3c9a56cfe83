"""Where an address leads, as far as the address alone tells: nothing is looked up."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_this_machine(address: str) -> bool:
    """Whether an address is one of the machine itself. No proxy is asked for it: a proxy would look at its own."""
    host = urlsplit(address).hostname or ""
    try:
        found = ipaddress.ip_address(host)
        return found.is_loopback or found.is_unspecified
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_public(address: str) -> bool:
    """Whether an address is a number of the public internet; of a name nobody can tell without looking it up."""
    try:
        return ipaddress.ip_address(urlsplit(address).hostname or "").is_global
    except ValueError:
        return False
