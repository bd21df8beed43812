"""The design system, shown by itself: the tokens as css/tokens.css has them, and every component with content."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from leaderboards.verdicts import Judgement, Verdict
from portal.context import page
from portal.pages import board_cards, judged, paper_cards
from portal.pages.keyset import Page
from portal.pages.links import Link
from portal.pages.measured import Measured

_TOKEN = re.compile(r"^  --([\w-]+): (.+);$", re.MULTILINE)
_COLOUR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")

SHOWN = 2
"""Papers and boards of the catalogue that stand as examples."""

USES = {
    "ink": "text",
    "ink-quiet": "text that can wait",
    "ground": "the page",
    "surface": "cards, tables, fields",
    "surface-sunk": "table heads",
    "line": "between rows",
    "line-strong": "around controls",
    "accent": "links, the main button",
    "accent-strong": "links under the pointer",
    "accent-soft": "tags, the current page",
    "on-accent": "text on the accent",
    "measured": "numbers measured here",
    "measured-soft": "their ground",
    "notice": "what to know first",
    "notice-soft": "its ground",
    "bad": "failures",
    "bad-soft": "their ground",
    "good": "success",
    "good-soft": "its ground",
}


@dataclass(frozen=True, kw_only=True)
class Colour:
    """A colour of both themes; `use` says what it is for, empty where nobody has said it yet."""

    name: str
    light: str
    dark: str
    use: str


@dataclass(frozen=True, kw_only=True)
class Token:
    """Any other token: a size, a space, a width, a family of type."""

    name: str
    value: str


def design(request: HttpRequest) -> HttpResponse:
    """The design system's page."""
    colours, others = tokens()
    context = {
        "colours": colours,
        "type_sizes": [token for token in others if token.name.startswith("size-")],
        "spaces": [token for token in others if token.name.startswith("space-")],
        "papers": paper_cards.cards(paper_cards.published_papers().newest_first()[:SHOWN]),
        "boards": board_cards.most_results_first(Leaderboard.objects.published(), limit=SHOWN),
        "measured_example": MEASURED,
        "verdicts": VERDICTS,
        "tags_example": TAGS,
        "page_example": Page[Link](items=TAGS, next_mark="example", is_first=False),
        "markdown_example": MARKDOWN,
        "section": "about",
    }
    return page(request, "portal/design.html", context)


@cache
def tokens() -> tuple[tuple[Colour, ...], tuple[Token, ...]]:
    """The colours and the other tokens, in the style sheet's order."""
    found = _TOKEN.findall((settings.BASE_DIR / "static" / "css" / "tokens.css").read_text())
    colours, others = [], []
    for name, value in found:
        if pair := _COLOUR.fullmatch(value):
            colours.append(Colour(name=name, light=pair[1], dark=pair[2], use=USES.get(name, "")))
        else:
            others.append(Token(name=name, value=value))
    return tuple(colours), tuple(others)


TAGS = (Link(text="Image Classification", href="/tasks"), Link(text="Language Modelling", href="/tasks"))
MEASURED = Measured(
    value="33.4",
    number=33.4,
    interval="32.6 to 34.2",
    standard_error="0.4",
    items="14,042",
    chance="25",
    compared="0.2 below the claim, within the interval",
    metric="Accuracy",
    protocol="5 examples in the prompt, by letter",
    is_selftest=False,
    source=Link(text="run", href="/runs"),
    at=datetime(2026, 1, 1, tzinfo=UTC),
    verdict=judged.in_words(
        Judgement(
            verdict=Verdict.CONSISTENT,
            reason="The claim lies inside the 95 % interval: with 14,042 items, luck alone often makes a difference of 0.2.",
            chance="Guessing reaches 25; the interval lies above it.",
            p_value=0.62,
        )
    ),
    answers=Link(text="2 answers", href="/runs"),
)
VERDICTS = tuple((verdict.value, verdict.key) for verdict in Verdict)
MARKDOWN = r"""
A description is **Markdown** with [links](https://example.org), lists and formulas, such as $x_i \in \mathbb{R}^d$ in a line:

$$\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$

What is no LaTeX that is known stays as it was written: $\unknown{x}$.
"""
