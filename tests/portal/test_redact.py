"""Taking content out of a thing and its past from the command line."""

import uuid

import pytest
from django.core.management import CommandError, call_command

from papers import history
from tests.factories.catalogue import make_paper

pytestmark = pytest.mark.usefixtures("committed_db")


def test_a_text_is_emptied_and_the_past_keeps_only_that_it_was(capsys):
    paper = make_paper(title="A paper", abstract="A name that must go")
    call_command("redact", str(paper.public_id), "--reason", "Court order 12.", "--field", "abstract")
    paper.refresh_from_db()
    assert (paper.title, paper.abstract, paper.edited_fields) == ("A paper", "", ["abstract"])
    assert set(history.of(paper).values_list("redaction_reason", flat=True)) == {"Court order 12."}
    assert all((event.old, event.new) == ({}, {}) for event in history.of(paper))
    assert capsys.readouterr().out == "A paper: abstract emptied, and 2 events redacted.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--reason", " "], "Say why: --reason must not be empty."),
        (["--reason", "x", "--field", "date"], "date is no text that can be emptied: choose among"),
        (["--reason", "x", "--field", "slug"], "slug is no text that can be emptied: choose among"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, said):
    with pytest.raises(CommandError) as refusal:
        call_command("redact", str(make_paper().public_id), *words)
    assert str(refusal.value).startswith(said)


def test_a_public_id_of_nothing_is_named():
    stranger = uuid.uuid4()
    with pytest.raises(CommandError) as refusal:
        call_command("redact", str(stranger), "--reason", "x")
    assert str(refusal.value) == f"Nothing in the catalogue has the public id {stranger}."
