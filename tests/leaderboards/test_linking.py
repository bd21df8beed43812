"""Joining claims to the papers that they name."""

import pytest
from django.db.models import F
from django.utils import timezone

from leaderboards.archive.linking import link_waiting_claims
from leaderboards.models import Claim
from papers import history
from papers.models import Paper
from tests.factories.catalogue import make_paper
from tests.factories.importing import counted, everything, importing, load_tables

pytestmark = pytest.mark.usefixtures("committed_db")

RESULTS = [
    {"model_name": "by id", "paper_url": "http://arxiv.org/pdf/2204.06745v3.pdf"},
    {"model_name": "by page", "paper_url": "https://paperswithcode.com/paper/old-page"},
    {"model_name": "by address", "paper_url": "http://www.aclweb.org/anthology/P18-1/"},
    {"model_name": "by title", "paper_title": "a  Third PAPER"},
    {"model_name": "by two titles", "paper_title": "Twice"},
    {"model_name": "other id", "paper_url": "https://arxiv.org/abs/1111.11111", "paper_title": "First"},
    {"model_name": "no paper"},
]


def load():
    rows = [{"metrics": {"Accuracy": "1"}, **row} for row in RESULTS]
    tables = [{"task": "Task", "datasets": [{"dataset": "Data", "sota": {"metrics": ["Accuracy"], "rows": rows}}]}]
    [report], _ = load_tables(tables)
    return counted(report)


def make_papers():
    make_paper(slug="first", title="First", arxiv_id="2204.06745")
    make_paper(slug="second", title="Second", conference_url_abs="https://aclweb.org/anthology/P18-1")
    make_paper(slug="third", title="A third paper")
    make_paper(slug="twice", title="Twice")
    make_paper(slug="twice-1", title="twice")
    make_paper(slug="moved", archive_key="old-page", title="Page")
    make_paper(slug="old-page", source="form", title="Somebody's")


def link():
    with importing() as session:
        return link_waiting_claims(session)


def linked():
    return dict(Claim.objects.exclude(paper=None).values_list("model_name", F("paper__slug")))


LINKED = {"by id": "first", "by page": "moved", "by address": "second", "by title": "third"}


def test_claims_find_their_papers_when_they_are_stored():
    make_papers()
    load()
    assert linked() == LINKED
    assert link() == 0


def test_claims_wait_for_their_papers():
    load()
    assert (link(), linked()) == (0, {})
    make_papers()
    assert (link(), link(), linked()) == (4, 0, LINKED)
    claim = Claim.objects.get(model_name="by id")
    change = history.of(claim).first()
    assert (change.old, change.new, change.via) == ({"paper_id": None}, {"paper_id": claim.paper_id}, "import")
    before = everything(Claim)
    assert load() == (0, 0, 7, 0, 0)
    assert [{**row, "archive_digest": 0} for row in everything(Claim)["leaderboards_claim"]] == [
        {**row, "archive_digest": 0} for row in before["leaderboards_claim"]
    ]


def test_a_claim_follows_second_rows_to_the_row_that_stands():
    make_papers()
    load()
    standing = make_paper(slug="standing", title="Twice")
    Paper.objects.filter(slug__in=["first", "twice", "twice-1"]).update(duplicate_of=standing)
    assert link() == 2
    assert linked() == LINKED | {"by id": "standing", "by two titles": "standing"}
    assert load() == (0, 0, 7, 0, 0)
    assert linked() == LINKED | {"by id": "standing", "by two titles": "standing"}


def test_a_claim_leaves_a_paper_that_was_removed_and_keeps_one_that_a_person_gave():
    make_papers()
    load()
    removed = Paper.objects.filter(slug__in=["first", "third"])
    removed.update(removed_at=timezone.now(), removed_reason="Spam.")
    make_paper(slug="later", arxiv_id="2204.06745")
    make_paper(slug="again", title="A third paper")
    Claim.objects.filter(model_name="by title").update(edited_fields=["paper"])
    assert link() == 1
    assert linked() == LINKED | {"by id": "later"}


def test_no_claims_cost_no_reading():
    make_papers()
    assert link() == 0
