"""`{% frame %}title{% content %}…{% endframe %}`: a page in Django's own template language in the site's frame.

The sign-in's pages are django-allauth's, written in that language; header, footer and style sheets are the site's, in Jinja2.
So what the one renders is put into the other's base, and there is one frame.
"""

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import mark_safe

from portal.context import framed

register = template.Library()


class _Frame(template.Node):
    child_nodelists = ("title", "content")

    def __init__(self, title: NodeList, content: NodeList) -> None:
        self.title = title
        self.content = content

    def render(self, context: Context) -> str:
        request = context["request"]
        # Both were escaped as they were rendered.
        title, content = (mark_safe(part.render(context).strip()) for part in (self.title, self.content))
        return framed(request, title=title, content=content, messages=[str(message) for message in context.get("messages") or ()])


@register.tag
def frame(parser: Parser, token: Token) -> _Frame:
    """The page between this tag and `endframe`; what stands before `content` is its title."""
    title = parser.parse(("content",))
    parser.delete_first_token()
    content = parser.parse(("endframe",))
    parser.delete_first_token()
    return _Frame(title, content)
