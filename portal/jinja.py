"""The Jinja2 environment of the public pages."""

from datetime import UTC, date, datetime

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined

from portal.markdown import to_html, with_formulas
from portal.pages import figures
from portal.pages.links import address

SITE_NAME = "Papers With Code 2"


def _iso_date(day: date | None) -> str:
    """A day; of a moment its day alone."""
    return day.isoformat()[:10] if day else ""


def _moment(moment: datetime | None) -> str:
    """A time to the second, always in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def _machine_moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


def _url(name: str, *args: object) -> str:
    return reverse(name, args=args)


def environment(**options: object) -> Environment:
    """An environment in which a name that is not there is an error, not an empty space."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})  # type: ignore[arg-type]
    made.globals.update(site_name=SITE_NAME, static=static, url=_url, address=address)
    made.filters.update(
        iso_date=_iso_date,
        moment=_moment,
        machine_moment=_machine_moment,
        markdown=to_html,
        formulas=with_formulas,
        count=figures.count,
        counted=figures.counted,
        size=figures.size,
        parameters=figures.parameters,
    )
    return made
