"""Papers as lists of references have them: BibTeX and RIS.

Titles and names are anybody's words: in BibTeX every sign that means something to TeX is written out, so that no title closes
its field or becomes a command on the machine of whoever cites it; in RIS no value reaches into the next line.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from papers.slugs import slugify_title

ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]{1,20}(?:\.[A-Z]{2})?/\d{7}", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SMALL_WORDS = frozenset({"a", "an", "the", "on", "in", "of", "for", "to"})

# Braces by name: BibTeX counts even those behind a backslash.
_WRITTEN_OUT = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
        "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    }
)  # fmt: skip
# Formulas of these letters, signs and commands are left as they are; no command here reads, writes or defines anything.
_COMMANDS = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|varphi|chi|psi|omega|"
    "Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|ell|infty|times|cdot|pm|to|rightarrow|leq|geq|le|ge|approx|sim|"
    "mathcal|mathbb|mathbf|mathrm|mathit|sqrt|log|ln|exp|min|max"
)
# As TeX texts have them: no space inside at either end, no figure behind ("$5 and $6" is money).
_FORMULA = re.compile(
    rf"\$(?! )((?:[A-Za-z0-9 ^_+*/=<>.,:;()!\[\]{{}}-]|\\(?:{_COMMANDS})(?![A-Za-z]))+)(?<! )\$(?!\d)", re.ASCII
)
_WORD = re.compile(r"([^\W_]+(?:[.-]+[^\W_]+)*[+#]*)")
_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, kw_only=True)
class Citation:
    """What is cited of a paper; `venue` is empty for a preprint, addresses are http(s) ones or empty."""

    title: str
    authors: tuple[str, ...]
    date: date | None
    venue: str
    venue_year: int | None
    venue_month: int | None
    arxiv_id: str
    url: str
    pdf: str
    abstract: str

    @property
    def year(self) -> int | None:
        """The year of the meeting where it was published, else that of the paper."""
        return self.venue_year or (self.date.year if self.date else None)

    @property
    def eprint(self) -> str:
        """The arXiv id, if it is one."""
        return self.arxiv_id if ARXIV_ID.fullmatch(self.arxiv_id) else ""

    @property
    def key(self) -> str:
        """Such as black2022gpt: letters and figures only."""
        words = slugify_title(self.title).split("-")
        word = next((word for word in words if word not in SMALL_WORDS), words[0])
        family = slugify_title(_family_and_given(self.authors[0])[0], fallback="") if self.authors else ""
        return f"{family.replace('-', '')}{self.year or ''}{word}"


def bibtex(citation: Citation) -> str:
    """The paper's BibTeX entry."""
    month = citation.venue_month if citation.venue else (citation.date.month if citation.date else None)
    fields = [
        ("title", f"{{{_title(citation.title)}}}"),
        ("author", f"{{{' and '.join(map(_bibtex_name, citation.authors))}}}" if citation.authors else ""),
        ("booktitle", f"{{{_text(citation.venue)}}}" if citation.venue else ""),
        ("year", f"{{{citation.year}}}" if citation.year else ""),
        ("month", MONTHS[month - 1] if month and 1 <= month <= len(MONTHS) else ""),
        ("eprint", f"{{{citation.eprint}}}" if citation.eprint else ""),
        ("archivePrefix", "{arXiv}" if citation.eprint else ""),
        ("url", f"{{{_url(citation.url)}}}" if citation.url else ""),
    ]
    lines = "".join(f"  {name} = {value},\n" for name, value in fields if value)
    return f"@{'inproceedings' if citation.venue else 'misc'}{{{citation.key},\n{lines}}}\n"


def ris(citation: Citation) -> str:
    """The paper's RIS record; lines end as the format demands."""
    written = citation.date
    lines = [
        ("TY", "CONF" if citation.venue else "GEN"),
        ("TI", one_line(citation.title)),
        *(("AU", _ris_name(name)) for name in citation.authors),
        ("T2", one_line(citation.venue)),
        ("PY", str(citation.year or "")),
        ("DA", f"{written:%Y/%m/%d}" if written and written.year == citation.year else ""),
        ("AB", one_line(citation.abstract)),
        ("AN", f"arXiv:{citation.eprint}" if citation.eprint else ""),
        ("UR", citation.url),
        ("L1", citation.pdf),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n"


def one_line(text: str) -> str:
    """The text on one line: line ends and other controls are spaces, signs that turn the line around are left out."""
    text = text.translate(_BIDI_CONTROLS)
    return " ".join("".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text).split())


def _text(text: str) -> str:
    return one_line(text).translate(_WRITTEN_OUT)


def _title(title: str) -> str:
    """The title: formulas that are nothing else stay, and words such as GPT-2 keep their capitals in every style."""
    parts = _FORMULA.split(one_line(title))
    return "".join(_formula(part) if place % 2 else _words(part) for place, part in enumerate(parts))


def _formula(inner: str) -> str:
    return f"{{${inner}$}}" if _is_balanced(inner) else f"${inner}$".translate(_WRITTEN_OUT)


def _is_balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


def _words(text: str) -> str:
    return "".join(_word(part) if place % 2 else part.translate(_WRITTEN_OUT) for place, part in enumerate(_WORD.split(text)))


def _word(word: str) -> str:
    """A word; in braces where a style that writes titles small would spoil it: BERT, T5, U-Net, iPhone, C#."""
    written = word.translate(_WRITTEN_OUT)
    return f"{{{written}}}" if any(map(_has_its_own_case, re.split(r"[.\-+#]", word))) else written


def _has_its_own_case(part: str) -> bool:
    """Whether a part of a word has capitals that do not come from its place: any but a first one, or one that stands alone."""
    if part[1:] != part[1:].lower():
        return True
    is_capital = part[:1] != part[:1].lower()
    return is_capital and part != "A" and (len(part) == 1 or any(sign.isdigit() for sign in part))


def _bibtex_name(name: str) -> str:
    """The name; in braces where BibTeX would take it for several people, or for "and others"."""
    words = one_line(name).lower().split()
    written = _text(name)
    return f"{{{written}}}" if "," in name or not {"and", "others"}.isdisjoint(words) else written


def _url(url: str) -> str:
    return url.replace("{", "%7B").replace("}", "%7D")


def _family_and_given(name: str) -> tuple[str, str]:
    """The parts of a name as BibTeX finds them: the last word, with the words in small letters before it, is the family's."""
    words = one_line(name).split()
    family = len(words) - 1
    while family > 1 and words[family - 1][0].islower():
        family -= 1
    return " ".join(words[max(family, 0) :]), " ".join(words[: max(family, 0)])


def _ris_name(name: str) -> str:
    family, given = _family_and_given(name)
    return one_line(name) if "," in name or not given else f"{family}, {given}"
