"""The beginning of a description in plain words."""

from portal.markdown import to_html

LONGEST = 180
LEAST = 100


def excerpt(text: str | None) -> str:
    """The first words of a Markdown text without its marks, with an ellipsis where it goes on."""
    words = " ".join(to_html(text).striptags().split()) if text else ""
    if len(words) <= LONGEST:
        return words
    cut = words[:LONGEST]
    end = cut.rfind(" ")
    return cut[: end if end >= LEAST else LONGEST].rstrip(" ,.;:") + "…"
