r"""LaTeX among the words of plain texts: `\textit{abc}`, ``quoted'', `50\%`. Titles and abstracts are full of it.

A short table, no reader of LaTeX: what it does not know stays as it was written. Words in, words out; whoever shows them escapes
them. Each rule looks at a bounded piece from where it begins, so that the time grows with the length of the text alone.
"""

import re

MOST_NESTED = 4
"""Commands within commands that are undone; who nests deeper gets the rest as it was written."""

_STYLES = (
    "textit|textbf|textsc|texttt|textrm|textsf|textsl|textup|textmd|textnormal|text|emph|underline|uline|mbox|url|footnotesize"
)
_STYLED = re.compile(rf"\\(?:{_STYLES})\s?\{{([^{{}}]*)\}}")
_SWITCHED = re.compile(r"\{\\(?:em|it|bf|sc|tt|sl|rm|sf)\s([^{}]*)\}")
_LINK = re.compile(r"\\href\s?\{[^{}]*\}\s?\{([^{}]*)\}")
_REFERENCE = re.compile(r"[~ ]?\\(?:ref|eqref|autoref|cref|Cref|cite|citep|citet|label|footnotemark)\s?\{[^{}]*\}")
_ESCAPED = re.compile(r"\\([%&#_{}])")
_TIE = re.compile(r"(?<=[\w.)])~(?=[\w(])")
_QUOTED = re.compile(r"``([^`']{1,300}(?:'(?!')[^`']{0,300}){0,8})''")


def has_some(text: str) -> bool:
    """Whether there may be any: quick, for nearly all texts have none."""
    return "\\" in text or "``" in text or "~" in text


def plain(text: str) -> str:
    """The text as its writer wanted it to be read."""
    if "\\" in text:
        text = _REFERENCE.sub("", text)
        for _ in range(MOST_NESTED):
            before = text
            for rule in (_STYLED, _SWITCHED, _LINK):
                text = rule.sub(r"\1", text)
            if text == before:
                break
        text = _ESCAPED.sub(r"\1", text)
    return _TIE.sub(" ", _QUOTED.sub("“\\1”", text))
