"""The templates' environment."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from portal.jinja import environment

ATTACK = "<script>alert('1') & \"2\"</script>"
ESCAPED = "&lt;script&gt;alert(&#39;1&#39;) &amp; &#34;2&#34;&lt;/script&gt;"


class Text(str):
    """A text of another class, which is no Markup."""


class Thing:
    def __str__(self):
        return ATTACK


def rendered(template, **values):
    return environment(autoescape=True).from_string(template).render(values)


@pytest.mark.parametrize("value", [ATTACK, Text(ATTACK), Thing()])
@pytest.mark.parametrize(
    "template",
    [
        "{{ value }}",
        "{% set kept %}{{ value }}{% endset %}{{ kept }}",
        "{% macro show(it) %}{{ it }}{% endmacro %}{{ show(value) }}",
        "{% macro show() %}{{ caller() }}{% endmacro %}{% call show() %}{{ value }}{% endcall %}",
        "{% filter trim %}{{ value }}{% endfilter %}",
        "{% block all %}{% for it in [value] %}{{ it }}{% endfor %}{% endblock %}",
    ],
)
def test_whatever_is_not_markup_is_escaped_once(template, value):
    assert rendered(template, value=value) == ESCAPED


@pytest.mark.parametrize(
    ("value", "html"), [(Markup("<b>1</b>"), "<b>1</b>"), (12, "12"), (None, "None"), (1.5, "1.5"), ("", "")]
)
def test_markup_and_numbers_stay_as_they_are(value, html):
    assert rendered("{{ value }}", value=value) == html


def test_joined_texts_are_escaped_once():
    assert rendered("{{ value ~ '<i>' }}", value=Markup("<b>")) == "<b>&lt;i&gt;"
    assert rendered("{{ [value, '<i>'] | join(', ') }}", value=Markup("<b>")) == "<b>, &lt;i&gt;"


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(UndefinedError, match="'missing' is undefined"):
        rendered("{{ missing }}")
