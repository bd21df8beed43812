"""The Jinja2 environment of the public pages."""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from types import CodeType
from typing import Any

import markupsafe
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from portal import structured
from portal.markdown import in_brief, to_html, with_formulas
from portal.pages import figures
from portal.pages.links import address
from portal.site import DESCRIPTION, SITE_NAME

_plain_text_escaped = markupsafe._escape_inner  # type: ignore[attr-defined]  # what `escape` itself calls


def _iso_date(day: date | None) -> str:
    """A day; of a moment its day alone."""
    return day.isoformat()[:10] if day else ""


def _moment(moment: datetime | None) -> str:
    """A time to the second, always in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def _machine_moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


@lru_cache(maxsize=256)
def _url(name: str, *args: str) -> str:
    """The address of a page of the site's own, of which each page's header and footer name a dozen; see `address` for things."""
    return reverse(name, args=args)


@cache
def _static(path: str) -> str:
    """The address of a static file, which carries a digest of what is in it once the files are collected."""
    return static(path)


def _escaped(value: object) -> str:
    """The value as HTML. As `escape`, but ten times quicker: templates join a text at once, so that it need not be a `Markup`."""
    if type(value) is str:
        return str(_plain_text_escaped(value))
    if type(value) is int or type(value) is float:
        return str(value)
    return value if type(value) is Markup else escape(value)


class _Template(Template):
    """A compiled template with our `escape` in place of the one that its code imports."""

    @classmethod
    def from_code(cls, environment: Environment, code: CodeType, *arguments: Any, **named: Any) -> Template:
        """The template of the compiled code, whose functions share their globals."""
        made = super().from_code(environment, code, *arguments, **named)
        made.root_render_func.__globals__["escape"] = _escaped
        return made


def environment(**options: object) -> Environment:
    """An environment in which a name that is not there is an error, not an empty space."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})  # type: ignore[arg-type]
    made.template_class = _Template
    made.globals.update(
        site_name=SITE_NAME,
        site_description=DESCRIPTION,
        structured=structured,
        static=_static,
        url=_url,
        zip=zip,
        address=address,
    )
    made.filters.update(
        iso_date=_iso_date,
        moment=_moment,
        machine_moment=_machine_moment,
        markdown=to_html,
        in_brief=in_brief,
        formulas=with_formulas,
        count=figures.count,
        counted=figures.counted,
        size=figures.size,
        parameters=figures.parameters,
    )
    return made
