"""What makes two mentions one thing: folded addresses, arXiv ids, and keys of a length that an index can hold."""

import hashlib
import re

from papers.archive.text import as_json

LONGEST_KEY = 500
"""Bytes. A B-tree entry of PostgreSQL holds about 2,700, and some indexes join several columns."""

_NEW_ARXIV = r"\d{4}\.\d{4,5}"
_OLD_ARXIV = r"[a-z][a-z-]*(?:\.[A-Z]{2})?/\d{7}"
_ARXIV_ID = re.compile(rf"(?:arxiv:)?(?P<id>{_NEW_ARXIV}|{_OLD_ARXIV})(?:v\d+)?", re.IGNORECASE | re.ASCII)
_ARXIV_URL = re.compile(
    rf"(?:https?://)?(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html|format|ps)/(?P<id>{_NEW_ARXIV}|{_OLD_ARXIV})(?:v\d+)?(?:\.pdf)?/?(?:[?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCP_ADDRESS = re.compile(r"^git@([^/:]+):")


def bounded(key: str) -> str:
    """The key itself, or, where it is too long for an index, its start and a digest of the whole."""
    if len(key) * 4 <= LONGEST_KEY:
        return key  # no character takes more than four bytes
    encoded = key.encode()
    if len(encoded) <= LONGEST_KEY:
        return key
    start = encoded[: LONGEST_KEY - 70].decode(errors="ignore")
    return f"{start} #{hashlib.sha256(encoded).hexdigest()}"


def joined(*parts: str) -> str:
    """One bounded key out of several parts, never the same for different parts."""
    return bounded(f"[{', '.join(map(as_json, parts))}]")


def arxiv_id_without_version(text: str) -> str | None:
    """`2204.06745v1` → `2204.06745`; None where the text is no arXiv id."""
    found = _ARXIV_ID.fullmatch(text.strip()) if len(text) <= 100 else None
    return found["id"] if found else None


def arxiv_id_of_url(url: str) -> str | None:
    """The id, without version, in an address of arXiv; None for other addresses."""
    found = _ARXIV_URL.fullmatch(url.strip()) if len(url) <= 300 else None
    return found["id"] if found else None


def folded_url(url: str) -> str:
    """An address without scheme, `www.`, fragment and trailing slashes, its host in lower case: what is left names the page."""
    text = _SCHEME.sub("", url.strip()).split("#", 1)[0]
    host, slash, path = text.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def url_spellings(folded: str) -> list[str]:
    """The usual spellings of a folded address."""
    return [f"{scheme}{www}{folded}{slash}" for scheme in ("https://", "http://") for www in ("", "www.") for slash in ("", "/")]


def repository_key(url: str) -> str:
    """One key for all spellings of a repository's address: case, scheme, `www.`, `.git` and trailing slash make no other."""
    text = folded_url(_SCP_ADDRESS.sub(r"\1/", url.strip())).lower()
    return bounded(text.removesuffix(".git").rstrip("/"))


def folded_title(title: str) -> str:
    """A title in lower case with single spaces."""
    return " ".join(title.lower().split())
