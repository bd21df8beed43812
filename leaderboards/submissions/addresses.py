"""Whether an address that somebody gives is well-formed. The server never fetches one. Pure."""

import re
from urllib.parse import urlsplit

LONGEST = 2000
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
SHORTENERS = {"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rb.gy", "shorturl.at", "t.ly"}


def fault(url: str) -> str:
    """Why this is no address that can be linked, as a sentence; "" for a good one."""
    if len(url) > LONGEST:
        return f"The address is longer than {LONGEST} characters."
    if not url.isprintable() or any(sign in url for sign in " \\<>\"'`{}|^"):
        return "The address has a space or a sign that no address has."
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "The address cannot be read: copy it from the browser."
    if parts.scheme not in {"http", "https"}:
        return "The address has to begin with https:// or http://."
    if parts.username is not None or parts.password is not None:
        return "The address carries a user's name or password: take it out."
    if not _HOST.fullmatch(host):
        return "The address names no public host, such as example.org."
    return "The address names a port that is none." if port == 0 else ""


def is_shortened(url: str) -> bool:
    """Whether it hides where it leads."""
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.") in SHORTENERS
    except ValueError:
        return False
