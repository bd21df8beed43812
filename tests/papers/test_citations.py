"""BibTeX and RIS, read back by other people's readers."""

from datetime import date

import pytest
import rispy
from pybtex.database import parse_string

from papers.citations import Citation, bibtex, one_line, ris

HOSTILE = [
    "A } closes, a { opens",
    "}, author = {Mallory}, note = {",
    "}}\n@article{evil, title={x}}",
    r"\input{/etc/passwd} and \write18{rm -rf} \end{document}",
    "100% of $5 & #1 in a_b ~ c^d | <e>",
    'Quotes " and \\" and @misc{x, y}',
    r"$\input{x}$ is no formula, nor is $}{$ or $\alpha",
    "Zeilen\r\nER  - \r\nTY  - JOUR\nAU  - Mallory",
    "\u202egnihtemos\u2066",
    "深度学习 für Ärzte \u2028 next",
]


def citation(**values):
    return Citation(
        **{
            "title": "GPT-NeoX-20B: An Open-Source Autoregressive Language Model",
            "authors": ("Sid Black", "Stella Biderman", "USVSN Sai Prashanth"),
            "date": date(2022, 4, 14), "venue": "", "venue_year": None, "venue_month": None, "arxiv_id": "2204.06745",
            "url": "https://arxiv.org/abs/2204.06745v1", "pdf": "https://arxiv.org/pdf/2204.06745v1.pdf", "abstract": "Words.",
            **values,
        }
    )  # fmt: skip


def entry(cited):
    """The one entry of the file."""
    ((key, found),) = parse_string(bibtex(cited), "bibtex").entries.items()
    return key, found


def test_a_preprint_as_bibtex():
    assert bibtex(citation()) == (
        "@misc{black2022gpt,\n"
        "  title = {{GPT-NeoX-20B}: An Open-Source Autoregressive Language Model},\n"
        "  author = {Sid Black and Stella Biderman and USVSN Sai Prashanth},\n"
        "  year = {2022},\n"
        "  month = apr,\n"
        "  eprint = {2204.06745},\n"
        "  archivePrefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/2204.06745v1},\n"
        "}\n"
    )


def test_a_paper_of_a_meeting_as_bibtex():
    key, found = entry(citation(venue="NeurIPS 2023", venue_year=2023, venue_month=12, arxiv_id=""))
    assert (key, found.type) == ("black2023gpt", "inproceedings")
    assert dict(found.fields) == {
        "title": "{GPT-NeoX-20B}: An Open-Source Autoregressive Language Model", "booktitle": "NeurIPS 2023", "year": "2023",
        "month": "December", "url": "https://arxiv.org/abs/2204.06745v1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("BERT: Pre-training of Deep Transformers", "{BERT}: Pre-training of Deep Transformers"),
        ("Exploring T5, L2 and word2vec in 3D", "Exploring {T5}, {L2} and word2vec in {3D}"),
        ("U-Net, K-Means and Self-Attention", "{U-Net}, {K-Means} and Self-Attention"),
        ("A Study of X: A Start", "A Study of {X}: A Start"),
        ("What I Saw of C# and C++", r"What {I} Saw of {C\#} and {C++}"),
        ("ÉCLAIR and Élan", "{ÉCLAIR} and Élan"),
        ("BLOOM/OPT (NODEs)", "{BLOOM}/{OPT} ({NODEs})"),
        ("iPhone v4.2B", "{iPhone} {v4.2B}"),
    ],
)
def test_words_with_capitals_of_their_own_keep_them_in_every_style(title, written):
    assert f"  title = {{{written}}},\n" in bibtex(citation(title=title))


def test_what_is_not_known_is_left_out():
    bare = citation(title="x", authors=(), date=None, arxiv_id="", url="", pdf="", abstract="")
    assert bibtex(bare) == "@misc{x,\n  title = {x},\n}\n"
    assert ris(bare) == "TY  - GEN\r\nTI  - x\r\nER  - \r\n"


@pytest.mark.parametrize("arxiv_id", ["2204.06745}", "x", "cs/1", "2204.06745\n"])
def test_what_is_no_arxiv_id_is_left_out(arxiv_id):
    assert "eprint" not in entry(citation(arxiv_id=arxiv_id))[1].fields


@pytest.mark.parametrize("arxiv_id", ["2204.06745", "0704.0001", "cs/0112017", "math.GT/0309136"])
def test_both_kinds_of_arxiv_ids_are_known(arxiv_id):
    assert entry(citation(arxiv_id=arxiv_id))[1].fields["eprint"] == arxiv_id


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_in_their_field_of_bibtex(words):
    key, found = entry(citation(title=words, authors=(words,), venue=words, venue_year=2022))
    assert set(found.fields) == {"title", "booktitle", "year", "eprint", "archivePrefix", "url"}
    assert key.isascii()
    assert key.isalnum()
    assert len(found.persons["author"]) == 1
    for text in (found.fields["title"], found.fields["booktitle"]):
        for command in ("\\input", "\\write", "\\end", "\n"):
            assert command not in text
        assert unescaped(text) == ""


def unescaped(text):
    """Signs that TeX would take for more than themselves."""
    for known in ("backslash", "braceleft", "braceright", "asciitilde", "asciicircum", "less", "greater", "bar"):
        text = text.replace(f"\\text{known}{{}}", "")
    for sign in "$&%#_":
        text = text.replace(f"\\{sign}", "")
    return "".join(sign for sign in text if sign in "\\$&%#_~^<>|")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_in_their_line_of_ris(words):
    text = ris(citation(title=words, authors=(words, "Sid Black"), venue=words, abstract=words))
    (record,) = rispy.loads(text)
    assert record["type_of_reference"] == "CONF"
    assert record["title"] == one_line(words)
    assert record["abstract"] == one_line(words)
    assert len(record["authors"]) == 2
    assert record["authors"][1] == "Black, Sid"
    assert text.count("\nER  -") == 1
    assert text.count("\n") == text.count("\r\n")


def test_a_paper_as_ris():
    (record,) = rispy.loads(ris(citation()))
    assert record == {
        "type_of_reference": "GEN", "title": "GPT-NeoX-20B: An Open-Source Autoregressive Language Model",
        "authors": ["Black, Sid", "Biderman, Stella", "Prashanth, USVSN Sai"], "year": "2022", "date": "2022/04/14",
        "abstract": "Words.", "accession_number": "arXiv:2204.06745", "urls": ["https://arxiv.org/abs/2204.06745v1"],
        "file_attachments1": "https://arxiv.org/pdf/2204.06745v1.pdf",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"$\ell_1$-norms and $x^{2}$", r"{$\ell_1$}-norms and {$x^{2}$}"),
        ("Costs of $5 and $6", r"Costs of \$5 and \$6"),
        (r"$\evil{x}$", r"\$\textbackslash{}evil\textbraceleft{}x\textbraceright{}\$"),
        ("ImageNet with LLMs at ICLR", "{ImageNet} with {LLMs} at {ICLR}"),
        ("Plain Words: a-b", "Plain Words: a-b"),
    ],
)
def test_formulas_and_capitals_of_titles_are_kept(title, written):
    assert f"title = {{{written}}},\n" in bibtex(citation(title=title))


@pytest.mark.parametrize(
    ("name", "family"),
    [("Laurens van der Maaten", "van der Maaten"), ("Plato", "Plato"), ("Sid Black", "Black"), ("Ming-Wei Chang", "Chang")],
)
def test_families_are_found_as_bibtex_finds_them(name, family):
    (record,) = rispy.loads(ris(citation(authors=(name,))))
    assert record["authors"][0].split(",")[0] == family
    (person,) = entry(citation(authors=(name,)))[1].persons["author"]
    assert " ".join([*person.prelast_names, *person.last_names]) == family


def test_a_name_that_looks_like_two_stays_one():
    names = ("Barnes and Noble", "Smith, John", "others")
    persons = entry(citation(authors=names))[1].persons["author"]
    assert [person.last_names for person in persons] == [["{Barnes and Noble}"], ["{Smith, John}"], ["{others}"]]
