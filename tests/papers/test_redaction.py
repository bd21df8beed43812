"""Redaction, and the history that the owner of the tables writes itself."""

import pytest

from papers import history, redaction
from tests.factories.catalogue import make_paper

pytestmark = pytest.mark.usefixtures("committed_db")


def changes(row):
    return list(history.of(row).order_by("id").values_list("action", "old", "new"))


def test_redaction_takes_the_content_and_keeps_the_event():
    paper = make_paper(title="A name that must go", abstract="Words")
    paper.title = "A title"
    paper.save()
    redaction.redact(paper, fields=["abstract"], reason="Court order 12.", copies=[])
    events = list(history.of(paper).order_by("id"))
    assert [event.action for event in events] == ["created", "changed", "changed"]
    assert all((event.old, event.new, event.redaction_reason) == ({}, {}, "Court order 12.") for event in events)
    assert (paper.abstract, paper.edited_fields) == ("", ["abstract", "redacted:abstract"])


def test_redaction_of_some_events_leaves_the_others():
    paper = make_paper(title="Old")
    paper.title = "New"
    paper.save()
    first, second = history.of(paper).order_by("id")
    assert history.redact(history.of(paper).filter(pk=second.pk), reason="Spam.") == 1
    assert history.redact(history.of(paper).filter(pk=second.pk), reason="Again.") == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.new["title"], second.new, second.redaction_reason) == ("Old", {}, "Spam.")


def test_the_owner_may_write_the_history_in_bulk_itself(owner_connection):
    paper = make_paper()
    with owner_connection, owner_connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.bulk', 'on', true)")
        cursor.execute("UPDATE papers_paper SET title = 'In bulk' WHERE id = %s", [paper.pk])
    assert [action for action, _, _ in changes(paper)] == ["created"]
