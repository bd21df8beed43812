"""LaTeX formulas of strangers, made into MathML that browsers show by themselves: no script, no fonts, no inline style.

Formulas stand in descriptions (Markdown, see `portal.markdown`) and in abstracts, which are plain text. What cannot be
read as LaTeX stays as its source. Time and size are bounded: by the length of one formula, and by how much MathML all
formulas of one text may make.
"""

import re
from collections.abc import MutableMapping
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import escape
from mdit_py_plugins.dollarmath import dollarmath_plugin

LONGEST_FORMULA = 2_000
MOST_MATHML = 200_000
"""Characters of MathML that one text may make; the formulas behind that stay as their source."""

# Two-sign openings first: "$$" also begins with "$".
CLOSINGS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}
_DISPLAYED = {"$$", "\\["}
_BLANK = frozenset(" \t\r\n")

TAGS = {
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "mspace",
    "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
_EVERYWHERE = {"displaystyle", "mathvariant", "scriptlevel"}
ATTRIBUTES = {
    **dict.fromkeys(TAGS, _EVERYWHERE),
    "math": _EVERYWHERE | {"alttext", "display"},
    "mo": _EVERYWHERE | {"fence", "form", "largeop", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy"},
    "mspace": _EVERYWHERE | {"depth", "height", "width"},
    "mpadded": _EVERYWHERE | {"depth", "height", "lspace", "voffset", "width"},
    "mfrac": _EVERYWHERE | {"linethickness"},
    "mover": _EVERYWHERE | {"accent"},
    "munder": _EVERYWHERE | {"accentunder"},
    "munderover": _EVERYWHERE | {"accent", "accentunder"},
    "mtd": _EVERYWHERE | {"columnalign"},
    "code": {"class"},
}  # fmt: skip
CLASS = "formula-source"

# The archive's descriptions passed through Markdown before anybody looked for formulas, so their writers escaped for it.
_ESCAPED_FOR_MARKDOWN = re.compile(r"\\([_*])")
# What the converter does not know, by what it knows and looks the same.
_KNOWN_NAMES = {"{aligned}": "{align*}", "\\operatorname*": "\\operatorname"}


def to_mathml(source: str, *, is_display: bool) -> str:
    """A formula as MathML, not yet cleaned; its source, escaped, when it is no LaTeX that is known or too long."""
    latex = _ESCAPED_FOR_MARKDOWN.sub(r"\1", source.strip())
    for name, known in _KNOWN_NAMES.items():
        latex = latex.replace(name, known)
    if not latex or len(latex) > LONGEST_FORMULA:
        return as_source(source)
    try:
        made = convert(latex, display="block" if is_display else "inline")
    except Exception:  # the converter has no family of errors: what it cannot read ends in StopIteration, RecursionError, ...
        return as_source(source)
    if "<mi>\\" in made:  # a command that it does not know, as a name
        return as_source(source)
    made = made.replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>")  # the relation, not the sign of the keyboard
    return made.replace("<math ", f'<math alttext="{escape(source.strip())}" ', 1)


def as_source(source: str) -> str:
    """A formula as it was written."""
    return f'<code class="{CLASS}">{escape(source)}</code>'


def add_formulas(parser: MarkdownIt) -> MarkdownIt:
    """Teach a parser formulas: within a line between dollars or `\\(`, `\\[` brackets, and blocks between `$$`."""
    parser.use(dollarmath_plugin, allow_labels=False, allow_blank_lines=False)
    parser.disable("math_inline")  # that rule wants no digit before a formula, and papers write 5$\sigma$
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.add_render_rule("formula", _render)
    parser.add_render_rule("math_block", _render)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """A formula at this place: its brackets, and between them neither nothing nor more than a formula may have."""
    opening = next((signs for signs in CLOSINGS if state.src.startswith(signs, state.pos)), "")
    start = state.pos + len(opening)
    end = _end_of(state.src, start, opening) if opening else -1
    if end < 0:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = state.src[start:end]
        token.markup = opening
    state.pos = end + len(opening)
    return True


def _end_of(text: str, start: int, opening: str) -> int:
    """Where the formula that starts there ends; -1 if it is none, such as the price in "$5 and $6"."""
    closing = CLOSINGS[opening]
    end = text.find(closing, start, start + LONGEST_FORMULA)
    while end > start and closing.startswith("$") and text[end - 1] == "\\":
        end = text.find(closing, end + 1, start + LONGEST_FORMULA)
    if end <= start:
        return -1
    is_price = opening == "$" and (
        text[start] in _BLANK or text[end - 1] in _BLANK or text[end + 1 : end + 2].isdigit() or "\n\n" in text[start:end]
    )
    return -1 if is_price else end


def _render(self: RendererProtocol, tokens: list[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[index]
    left = env.setdefault("mathml_left", MOST_MATHML)
    is_display = token.markup in _DISPLAYED or token.block
    made = to_mathml(token.content, is_display=is_display) if left > 0 else as_source(token.content)
    env["mathml_left"] = left - len(made)
    return f"<p>{made}</p>\n" if token.block else made
