"""Addresses as the old site made them, so that old links keep working.

The rule was recovered from 2,250 real pairs of title and address: letters folded to ASCII, lower case, every run of
other characters a hyphen, whole words up to 45 characters; a second thing of the same name gets -1, a third -2.
"""

import re
import unicodedata
from collections.abc import Container
from itertools import count
from urllib.parse import urlsplit

LONGEST_SLUG = 45
LONGEST_ARCHIVE_SLUG = 300

_OLD_HOSTS = {"paperswithcode.com", "www.paperswithcode.com"}
_PLAIN_SLUG = re.compile(r"[A-Za-z0-9_~-]{1,300}")
_SAFE_SLUG = re.compile(r"[A-Za-z0-9_.~-]+")


def slugify_title(text: str, *, fallback: str = "untitled") -> str:
    """The address that a title gets; `fallback` where nothing of the title can stand in one."""
    ascii_text = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = re.findall(r"[a-z0-9]+", ascii_text.lower())
    if not words:
        return fallback
    slug: str = words[0][:LONGEST_SLUG]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > LONGEST_SLUG:
            break
        slug = f"{slug}-{word}"
    return slug


def first_free(base: str, taken: Container[str], *, start: int = 1) -> str:
    """`base` itself, or `base-1`, `base-2`, ...: the first that is not taken. The number may pass the length limit.

    `start` skips numbers that are known to be taken.
    """
    if base not in taken:
        return base
    return next(slug for slug in (f"{base}-{number}" for number in count(start)) if slug not in taken)


def slug_of_old_url(url: str, *, noun: str) -> str | None:
    """The slug in an address of the old site such as `https://paperswithcode.com/<noun>/<slug>`; None for any other."""
    if url.startswith(plain := f"https://paperswithcode.com/{noun}/") and _PLAIN_SLUG.fullmatch(url, len(plain)):
        return url[len(plain) :]  # nearly all, and millions of them
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    path = parts.path.strip("/").split("/")
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() not in _OLD_HOSTS or len(path) != 2 or path[0] != noun:
        return None
    slug = path[1]
    return slug if len(slug) <= LONGEST_ARCHIVE_SLUG and _SAFE_SLUG.fullmatch(slug) and slug.strip(".") else None


def slug_of_paper_url(url: str) -> str | None:
    """The slug in `https://paperswithcode.com/paper/<slug>`; None where the address is not one of those."""
    return slug_of_old_url(url, noun="paper")
