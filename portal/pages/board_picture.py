"""A board's picture for cards elsewhere: title, leader and chart as PNG, made once and kept until what it shows changes."""

import logging
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import vl_convert
import xxhash
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string

from leaderboards.charts import Chart
from portal import page_cache
from portal.context import STRANGER
from portal.pages import board, board_choice, board_view
from portal.pages.board_files import NO_BOARD
from portal.pages.board_view import BoardView
from portal.pages.figures import counted
from portal.site import SITE_NAME

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, not even as an entity: control characters."""

logger = logging.getLogger(__name__)

LONGEST_LINE = 46
LONGEST_TEXT = 84
ROWS_WITHOUT_A_CHART = 6


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is on the picture; without a chart there are `rows` of rank, model and value."""

    site: str
    title: tuple[str, ...]
    facts: str
    leader: str
    chart: Chart | None
    rows: tuple[tuple[str, str, str], ...]


def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """The board's picture as its page shows it to everybody, whatever is asked for behind the address."""
    found = board.read(slug, viewer=STRANGER)
    if found is None:
        raise Http404(NO_BOARD)
    view = board_view.shown(found, board_choice.choose(QueryDict(), columns=found.columns))
    response = HttpResponse(png(render_to_string("leaderboards/picture.svg", {"picture": of(view)}), slug=slug))
    response["Content-Type"] = "image/png"
    response["Cache-Control"] = "public, max-age=3600"
    return page_cache.mark(response)


def of(view: BoardView) -> Picture:
    """The picture of a board as shown."""
    metric = view.metric.name if view.metric else ""
    leader = next((row for row in view.rows if row.rank == 1), None)
    place = view.choice.metric or 0
    return Picture(
        site=SITE_NAME,
        title=_lines(view.board.title),
        facts=_short(f"{counted(len(view.rows), 'result')} · {metric}" if metric else counted(len(view.rows), "result")),
        leader=_short(f"Best: {leader.model.text}, {leader.values[place]}") if leader else "",
        chart=view.chart,
        rows=tuple(
            (str(row.rank or "–"), _short(row.model.text, longest=60), _short(row.values[place], longest=16))
            for row in view.rows[:ROWS_WITHOUT_A_CHART]
            if row.values
        ),
    )


def png(svg: str, *, slug: str) -> bytes:
    """The drawing as PNG, whatever is in its texts: what is kept of the same drawing, else a new one in place of the older."""
    svg = NO_XML.sub(" ", svg)
    name, digest = (xxhash.xxh3_128_hexdigest(text.encode()) for text in (slug, svg))
    folder = Path(settings.VAR_DIR) / "pictures" / name[:2]
    path = folder / f"{name}.{digest}.png"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        made = vl_convert.svg_to_png(svg)
    try:
        _keep(made, path, name=name)
    except OSError as error:
        logger.warning("The picture of %s is not kept: %s", slug, error)
    return made


def _keep(made: bytes, path: Path, *, name: str) -> None:
    """Put the picture in its place whole, and take away what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    draft.write_bytes(made)
    draft.replace(path)
    for old in path.parent.glob(f"{name}.*.png"):
        if old != path:
            old.unlink(missing_ok=True)


def _short(text: str, *, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _lines(title: str) -> tuple[str, ...]:
    """A title in two lines at most, parted between words where there are any."""
    if len(title) <= LONGEST_LINE:
        return (title,)
    cut = title.rfind(" ", 0, LONGEST_LINE)
    cut = cut if cut > 0 else LONGEST_LINE
    return title[:cut], _short(title[cut:].strip(), longest=LONGEST_LINE)
