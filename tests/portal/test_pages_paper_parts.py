"""What stands on a paper's page beside its seed: ranks, provenance, code, datasets, venue, badges, formulas."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement
from papers.models import Conference, Proceeding, StarObservation
from tests.factories.catalogue import (
    make_board,
    make_code_link,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_protocol
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db


def test_more_repositories_than_stand_as_buttons_unfold(client):
    paper = make_paper(repositories=[make_repository() for _ in range(14)])
    page = read(client.get(f"/paper/{paper.slug}"))
    assert "3 more repositories" in page.main
    assert len([text for text, _, _ in page.links if text.startswith("Code")]) == 14


def test_each_board_of_the_paper_has_a_badge_for_a_readme(client):
    paper = make_paper(slug="own-paper")
    boards = [make_board(slug=f"board-{number}") for number in range(14)]
    for board in boards:
        for _ in range(2):
            make_result(board, scores={"Accuracy": "1"}, paper=paper)
    text = client.get("/paper/own-paper").content.decode()
    shown = [f"http://testserver/badge/own-paper/{board.slug}.svg)](http://testserver/sota/{board.slug})" for board in boards]
    assert [text.count(line) for line in shown] == [1] * 12 + [0] * 2
    assert "Badges for a README" in text
    assert client.get("/badge/own-paper/board-0.svg").status_code == 200
    assert "for a README" not in client.get(f"/paper/{make_paper().slug}").content.decode()


def test_formulas_in_titles_are_readable_wherever_papers_are_listed(client):
    task = make_task(name="Clustering")
    board = make_board(task=task)
    title = "Solving $k$-means on <big> data"
    paper = make_paper(
        title=title,
        tasks=[task],
        methods=[make_method(name="SGD")],
        date=date(2020, 1, 1),
        authors=["Ada"],
        repositories=[make_repository()],
    )
    make_paper(title="Another", slug="another", tasks=[task], date=date(2020, 1, 1))
    make_result(board, model_name="KNet", scores={"Accuracy": "1"}, paper=paper)
    shown = 'Solving <math alttext="k" display="inline"><mrow><mi>k</mi></mrow></math>-means on &lt;big&gt; data</a>'
    pages = ("/papers", "/latest", "/task/clustering", f"/sota/{board.slug}", "/author/ada", "/search?q=means", "/paper/another")
    for address in (*pages, "/model/knet", "/method/sgd"):
        assert shown in client.get(address).content.decode(), address


def ranks(client, paper):
    """The ranks of the paper's results by dataset and metric."""
    return {tuple(row[1:3]): row[4] for row in read(client.get(f"/paper/{paper.slug}")).tables[0][1:]}


def test_a_result_says_how_it_ranks_among_all_numbers_of_its_column(client):
    paper = make_paper()
    board = make_board(dataset=make_dataset(name="SQuAD"), metrics=["F1", "Test perplexity", "Number of params", "Notes"])
    for f1, perplexity in (("90", "12"), ("80", "10"), ("80", "11"), ("see paper", "9"), (None, None)):
        make_result(board, scores={"F1": f1, "Test perplexity": perplexity, "Number of params": "1B"})
    make_result(board, scores={"F1": "100"}, removed_at=timezone.now(), removed_reason="Spam.")
    make_result(make_board(), scores={"Accuracy": "95"})
    scores = {"F1": "80", "Test perplexity": "10", "Number of params": "2B", "Notes": "tuned"}
    make_result(board, scores=scores, paper=paper)
    assert ranks(client, paper) == {
        ("SQuAD", "F1"): "#2 of 4", ("SQuAD", "Test perplexity"): "#2 of 5", ("SQuAD", "Number of params"): "", ("SQuAD", "Notes"): "",
    }  # fmt: skip


def test_the_rank_is_that_of_the_boards_own_page(client):
    paper = make_paper()
    board = make_board(metrics=["F1", "EM"])
    for number in range(20):
        make_result(board, scores={"F1": str(number % 7), "EM": str(number)}, paper=paper if number % 5 == 0 else None)
    for value, published in ((5.5, timezone.now()), (99.0, None)):
        Measurement.objects.create(
            leaderboard=board, metric=board.metrics.get(name="F1"), model_name="Measured", protocol=make_protocol(), value=value,
            items=400, run_id=uuid4(), measured_at=timezone.now(), published_at=published,
        )  # fmt: skip
    rows = read(client.get(f"/paper/{paper.slug}")).tables[0][1:]
    for metric in ("F1", "EM"):
        on_board = {row[1]: row[0] for row in read(client.get(f"/sota/{board.slug}", {"metric": metric})).tables[0][1:]}
        ours = {row[5]: row[4] for row in rows if row[2] == metric}
        assert len(ours) == 4
        assert ours == {model: f"#{on_board[model]} of {21 if metric == 'F1' else 20}" for model in ours}


def test_a_result_says_whether_it_used_extra_data_and_where_it_comes_from(client):
    paper = make_paper()
    board = make_board()
    for model, extra, source in (("With", True, "api"), ("Without", False, "archive"), ("Unsaid", None, "demo")):
        make_result(board, model_name=model, scores={"Accuracy": "1"}, paper=paper, uses_additional_data=extra, source=source)
    rows = read(client.get(f"/paper/{paper.slug}")).tables[0][1:]
    assert [(row[5], row[7]) for row in rows] == [("With extra data", "API"), ("Without", "archive"), ("Unsaid", "demo")]


def test_a_result_on_a_board_of_hundreds_costs_the_same_three_queries(client, django_assert_num_queries):
    paper = make_paper()
    board = make_board(metrics=["F1", "EM"])
    for number in range(300):
        make_result(board, scores={"F1": str(number), "EM": "5"}, paper=paper if number < 150 else None)
    with django_assert_num_queries(3):
        assert client.get(f"/paper/{paper.slug}").status_code == 200


def test_code_says_its_framework_and_its_stars_and_the_best_known_comes_first(client):
    paper = make_paper()
    links = [("quiet", "tf", None), ("starred", "pytorch", 1200), ("official", "none", 1), ("odd", "My <Framework>", 7)]
    for name, framework, stars in links:
        repository = make_repository(url=f"https://github.com/owner/{name}")
        make_code_link(paper, repository, framework=framework, is_official=name == "official")
        if stars is not None:
            StarObservation.objects.create(repository=repository, observed_on=date(2026, 1, 2), stars=stars)
    page = read(client.get(f"/paper/{paper.slug}"))
    assert [text for text, _, _ in page.links if text.startswith("Code")] == [
        "Code (official) owner/official ★ 1 star",
        "Code owner/starred PyTorch ★ 1,200 stars",
        "Code owner/odd My <Framework> ★ 7 stars",
        "Code owner/quiet TensorFlow",
    ]
    assert ("span", {"class": "stars", "title": "GitHub stars on 2026-01-02"}) in page.elements


def test_datasets_are_those_that_the_paper_introduced_and_those_of_its_results(client):
    paper = make_paper()
    make_dataset(name="Introduced", slug="introduced", paper=paper)
    make_dataset(name="Spam", paper=paper, spam_reason="advertises something")
    make_dataset(name="Removed", paper=paper, removed_at=timezone.now(), removed_reason="Spam.")
    used = make_dataset(name="COCO", slug="coco")
    for name in ("COCO minival", "COCO test-dev"):
        make_result(make_board(dataset=used, dataset_name=name), scores={"Accuracy": "1"}, paper=paper)
    for number in range(25):
        make_result(make_board(dataset=make_dataset(name=f"D{number}")), scores={"Accuracy": "1"}, paper=paper)
    page = read(client.get(f"/paper/{paper.slug}"))
    in_order(page.main, ["Datasets Introduced here Introduced Results on COCO D0", "D22 2 more datasets D23 D24 Related Papers"])
    assert (page.link("Introduced"), page.link("COCO"), page.main.count("COCO ")) == ("/dataset/introduced", "/dataset/coco", 3)
    assert "Datasets" not in [text for _, text in read(client.get(f"/paper/{make_paper().slug}")).headings]


def test_the_venue_leads_to_its_papers(client):
    paper = make_paper(proceeding=make_proceeding(name="NeurIPS 2017 12", year=2017))
    page = read(client.get(f"/paper/{paper.slug}"))
    assert page.link("NeurIPS 2017 12") == "/conference/neurips/neurips-2017-12"
    assert read(client.get(page.link("NeurIPS 2017 12"))).headings[0] == ("h1", "NeurIPS 2017")
    assert "booktitle = {NeurIPS 2017}" in page.main


def test_the_venue_leads_to_nothing_that_was_removed(client):
    paper = make_paper(proceeding=make_proceeding())
    address = f"/paper/{paper.slug}"
    Conference.objects.update(removed_at=timezone.now(), removed_reason="A slip.")
    assert read(client.get(address)).link("NeurIPS 2018 12") == "/conference/neurips-2018-12"
    assert client.get("/conference/neurips-2018-12").status_code == 200
    Proceeding.objects.update(removed_at=timezone.now(), removed_reason="A slip.")
    page = read(client.get(address))
    assert "NeurIPS 2018" in page.main
    assert not any((href or "").startswith("/conference/") for href in page.hrefs())
