"""Where things lead: our own pages by their names, and other people's addresses if they are fit to be followed."""

import re
from functools import cache
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec
from django.urls import reverse

_needs_no_quotes = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
GITHUB_HOSTS = frozenset({"github.com", "www.github.com"})


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Words and where they lead; without an address they are words only. `detail` is said in a smaller voice."""

    text: str
    href: str = ""
    detail: str = ""


@cache
def _prefix(name: str, example: str | UUID) -> str:
    return reverse(name, args=[example]).removesuffix(str(example))


def address(name: str, key: str | UUID) -> str:
    """The address of one thing's page; as `reverse`, but cheap enough for a table of hundreds of links."""
    return _prefix(name, UUID(int=0) if isinstance(key, UUID) else "0") + quoted(str(key))


def model_address(slug: str) -> str:
    """The address of a model's page, by leaderboards/model_names.py's folded name."""
    return f"/model/{quoted(slug)}"


def quoted(key: str) -> str:
    """As `quote`, but quicker for nearly all keys: those that need none."""
    return key if _needs_no_quotes(key) else quote(key)


def model_link(name: str, slug: str) -> Link:
    """The page of all that is known of the model of that name; a name that nothing can be found by has none."""
    return Link(text=name, href=model_address(slug) if slug else "")


def web_address(value: str | None) -> str:
    """The value if it is an http(s) address, else nothing: what came from outside never becomes any other link."""
    text = (value or "").strip()
    if not text.isprintable() or any(sign in text for sign in " \\<>\"'`"):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and host else ""


def host_of(url: str) -> str:
    """The host that an address leads to, as readers know it."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def repository_name(url: str) -> str:
    """How a repository is called: owner/name on GitHub, host and path elsewhere."""
    parts = urlsplit(url)
    path = parts.path.strip("/").removesuffix(".git")
    return path if parts.hostname in GITHUB_HOSTS and path else f"{host_of(url)}/{path}".rstrip("/")
