"""The paper page."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement
from papers.models import Paper, SlugHistory
from tests.factories.catalogue import (
    make_board,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_checkpoint, make_protocol
from tests.portal.reading import in_order, read
from workers.models import ClaimMapping, Run, Worker
from workers.states import RunState

pytestmark = pytest.mark.django_db

AUTHORS = [
    "Sid Black", "Stella Biderman", "Eric Hallahan", "Quentin Anthony", "Leo Gao", "Laurence Golding", "Horace He", "Connor Leahy",
    "Kyle McDonell", "Jason Phang", "Michael Pieler", "USVSN Sai Prashanth", "Shivanshu Purohit", "Laria Reynolds", "Jonathan Tow",
    "Ben Wang", "Samuel Weinbach",
]  # fmt: skip
TITLE = "GPT-NeoX-20B: An Open-Source Autoregressive Language Model"
SLUG = "gpt-neox-20b-an-open-source-autoregressive-1"
ADDRESS = f"/paper/{SLUG}"
MEASURED_HERE = 6
"""The column of the results."""


@pytest.fixture
def neox():
    """The paper of the seed page, with its two results and two related papers."""
    language = make_task(name="Language Modelling")
    paper = make_paper(
        title=TITLE,
        slug=SLUG,
        authors=AUTHORS,
        tasks=[make_task(name="Multi-task Language Understanding"), language],
        date=date(2022, 4, 14),
        proceeding=make_proceeding(name="BigScience (ACL) 2022 5", conference="BigScience (ACL)", year=2022, month=5),
        repositories=[
            make_repository(url="https://github.com/EleutherAI/gpt-neox"),
            make_repository(url="https://github.com/labmlai/neox"),
            make_repository(url="https://gitlab.com/somebody/neox.git"),
        ],
        archive_code_count=11,
        abstract="A model of 20 billion parameters.\n\nIt is evaluated with \\model{} on $x_1$.",
        url_abs="https://arxiv.org/abs/2204.06745v1",
        url_pdf="https://arxiv.org/pdf/2204.06745v1.pdf",
    )
    for task in ("Transfer Learning", "Multi-Task Learning"):
        board = make_board(task=make_task(name=task), dataset=make_dataset(name="MML"), metrics=["Average (%)"])
        make_result(board, model_name="GPT-NeoX 20B (5-shot)", scores={"Average (%)": "33.6"}, paper=paper)
    make_paper(title="A later paper", tasks=[language], date=date(2025, 7, 21))
    make_paper(title="An earlier paper", tasks=[language], date=date(2025, 7, 17))
    return paper


def map_claim(claim, **checkpoint):
    return ClaimMapping.objects.create(
        claim=claim,
        metric=claim.leaderboard.metrics.get(),
        checkpoint=make_checkpoint(**checkpoint),
        protocol=make_protocol(name="MMLU, 5-shot, letters"),
        scale=100.0,
    )


def measure(claim, *, protocol, **values):
    defaults = {
        "leaderboard": claim.leaderboard, "metric": claim.leaderboard.metrics.get(), "claim": claim, "model_name": "GPT-NeoX-20B",
        "protocol": protocol, "value": 25.04, "items": 14_042, "standard_error": 0.3656, "interval_low": 24.33, "interval_high": 25.76,
        "chance_level": 25.0, "scale": 100.0, "run_id": uuid4(), "measured_at": timezone.now(), "published_at": timezone.now(),
    }  # fmt: skip
    return Measurement.objects.create(**{**defaults, **values})


def test_the_page_has_the_parts_of_the_seed_page_in_its_order(client, neox):
    page = read(client.get(ADDRESS))
    in_order(
        page.main,
        [
            f"Papers {TITLE}", TITLE, ", ".join(AUTHORS), "2022-04-14", "BigScience (ACL) 2022 5", "Multi-task Language Understanding",
            "Language Modelling", "Paper", "PDF", "Code (official) EleutherAI/gpt-neox", "Code labmlai/neox",
            "Code gitlab.com/somebody/neox", "The archive counted 11 code links for this paper; 3 repositories are known here.", "Abstract",
            "A model of 20 billion parameters.", "It is evaluated with \\model{} on x1.", "Results", "Related Papers",
            "A later paper 2025-07-21", "An earlier paper 2025-07-17",
        ],
    )  # fmt: skip
    assert page.headings[4] == ("h2", "Related Papers")
    assert page.headings[:4] == [("h1", TITLE), ("h2", "Abstract"), ("h2", "Results"), ("h2", "Datasets")]
    assert page.title == f"{TITLE} | Papers With Code 2"


def test_the_results_table_has_a_row_for_each_score_linked_to_its_board(client, neox):
    page = read(client.get(ADDRESS))
    assert page.tables == [
        [
            ["Task", "Dataset", "Metric", "Value", "Rank", "Model", "Measured", "From"],
            [
                "Transfer Learning",
                "MML",
                "Average (%)",
                "33.6",
                "#1 of 1",
                "GPT-NeoX 20B (5-shot)",
                "Not measured yet",
                "archive",
            ],
            [
                "Multi-Task Learning",
                "MML",
                "Average (%)",
                "33.6",
                "#1 of 1",
                "GPT-NeoX 20B (5-shot)",
                "Not measured yet",
                "archive",
            ],
        ]
    ]
    boards = [href for text, href, _ in page.links if text == "MML" and href.startswith("/sota/")]
    assert boards == [f"/sota/{claim.leaderboard.slug}" for claim in neox.claims.order_by("pk")]
    assert all(client.get(board).status_code == 200 for board in boards)


def test_authors_tags_and_buttons_lead_where_they_say(client, neox):
    page = read(client.get(ADDRESS))
    assert page.link("Samuel Weinbach") == "/author/samuel-weinbach"
    assert page.link("Multi-task Language Understanding") == "/task/multi-task-language-understanding"
    assert page.link("Paper") == "https://arxiv.org/abs/2204.06745v1"
    assert page.link("PDF") == "https://arxiv.org/pdf/2204.06745v1.pdf"
    assert page.link("Code (official) EleutherAI/gpt-neox") == "https://github.com/EleutherAI/gpt-neox"
    outside = [attributes for _, href, attributes in page.links if href.startswith("https://") and "creativecommons" not in href]
    assert len(outside) == 5
    assert {attributes["rel"] for attributes in outside} == {"nofollow noopener"}


def test_a_summary_of_ours_is_labelled_and_leads_to_the_authors_abstract(client, neox):
    Paper.objects.update(abstract_by=Paper.AbstractBy.PORTAL)
    page = read(client.get(ADDRESS))
    assert "Summary by Papers With Code 2, not the authors’ abstract. Read the authors’ abstract." in page.main
    assert page.link("Read the authors’ abstract") == "https://arxiv.org/abs/2204.06745v1"


def test_the_authors_own_abstract_has_no_label(client, neox):
    assert "Summary by" not in read(client.get(ADDRESS)).main


def test_a_measurement_stands_beside_its_claim_with_all_that_is_needed_to_believe_it(client, neox):
    claim = neox.claims.order_by("pk").first()
    measurement = measure(claim, protocol=make_protocol(name="MMLU, 5-shot, letters"))
    page = read(client.get(ADDRESS))
    assert page.tables[0][1][MEASURED_HERE] == (
        "25.04 95 %: 24.33 to 25.76 differs The claim lies outside the 95 % interval: with 14,042 items, luck alone rarely makes a "
        "difference of 8.6. Guessing reaches 25, which the interval covers: the model may be guessing. p < 0.001 n = 14,042 · SE 0.37 · chance 25 · MMLU, 5-shot, letters · run · answer "
        "8.56 below the claim; the claim lies outside the interval"
    )
    assert page.tables[0][2][MEASURED_HERE] == "Not measured yet"
    assert page.link("run") == f"/runs/{measurement.run_id}"


def test_a_measurement_that_was_retracted_or_superseded_or_not_published_is_not_shown(client, neox):
    claim, protocol = neox.claims.order_by("pk").first(), make_protocol()
    standing = measure(claim, protocol=protocol, value=26.0)
    measure(claim, protocol=protocol, retracted_at=timezone.now(), retraction_reason="Wrong weights.")
    measure(claim, protocol=protocol, superseded_by=standing)
    measure(claim, protocol=protocol, published_at=None)
    cell = read(client.get(ADDRESS)).tables[0][1][MEASURED_HERE]
    assert cell.startswith("26.00 ")
    assert cell.count("n = ") == 1


def test_a_measurement_out_of_a_publication_leads_there(client, neox):
    claim = neox.claims.order_by("pk").first()
    measure(
        claim, protocol=make_protocol(), run_id=None, publication_title="A table", publication_url="https://example.org/table"
    )  # fmt: skip
    assert read(client.get(ADDRESS)).link("A table") == "https://example.org/table"


def test_an_open_run_is_named_with_what_it_needs_whatever_workers_there_are(client, neox):
    claim = neox.claims.order_by("pk").first()
    mapping = map_claim(claim, memory_bytes=45_220_000_000, device="gpu")
    run = Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    for size in (8, 80):
        page = read(client.get(ADDRESS))
        assert page.tables[0][1][MEASURED_HERE] == "Waiting: needs 45 GB of GPU memory"
        assert page.link("Waiting") == f"/runs/{run.public_id}"
        Worker.objects.create(
            name=f"worker-{size}@host", device="cuda", device_name="a GPU", memory_bytes=size * 10**9, registered_at=timezone.now(),
            last_seen_at=timezone.now(),
        )  # fmt: skip
    assert read(client.get(ADDRESS)).tables[0][1][MEASURED_HERE] == "Waiting: needs 45 GB of GPU memory"


def test_a_run_that_is_being_worked_on_needs_nothing_more(client, neox):
    mapping = map_claim(neox.claims.order_by("pk").first())
    Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol, state=RunState.SCORING)
    assert read(client.get(ADDRESS)).tables[0][1][MEASURED_HERE] == "Scoring"


def test_of_several_open_runs_for_a_claim_the_newest_is_named(client, neox):
    mapping = map_claim(neox.claims.order_by("pk").first())
    made = [Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol) for _ in range(3)]
    Run.objects.filter(pk=made[1].pk).update(requested_at=timezone.now())
    assert read(client.get(ADDRESS)).link("Waiting") == f"/runs/{made[1].public_id}"


def test_a_trial_run_and_an_ended_run_stand_beside_no_claim(client, neox):
    mapping = map_claim(neox.claims.order_by("pk").first())
    Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol, items_per_task=5)
    Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol, state=RunState.FAILED)
    assert read(client.get(ADDRESS)).tables[0][1][MEASURED_HERE] == "Not measured yet"


def test_staff_have_a_button_where_a_claim_is_mapped_and_no_run_is_open(admin_client, neox):
    first, second = neox.claims.order_by("pk")
    mapping, busy = map_claim(first), map_claim(second)
    Run.objects.create(checkpoint=busy.checkpoint, protocol=busy.protocol)
    page = read(admin_client.get(ADDRESS))
    assert [form["action"] for form in page.forms if form.get("method") == "post"] == ["/sign-out", "/runs/request"]
    fields = {attributes["name"]: attributes.get("value") for tag, attributes in page.elements if tag == "input"}
    assert fields["mapping"] == str(mapping.pk)
    assert fields["csrfmiddlewaretoken"]


def test_a_stranger_has_no_button(client, neox):
    map_claim(neox.claims.order_by("pk").first())
    page = read(client.get(ADDRESS))
    assert [form for form in page.forms if form.get("method") == "post"] == []
    assert "Reproduce" not in page.main


def test_a_bare_paper_says_what_is_missing_and_what_to_do(client):
    paper = make_paper(title="Bare")
    page = read(client.get(f"/paper/{paper.slug}"))
    assert "No abstract is known here." in page.main
    assert "No result of this paper is known here." in page.main
    assert "No related paper is known here" in page.main
    assert [text for text, _, _ in page.links if text in {"Paper", "PDF"} or text.startswith("Code")] == []


def test_a_paper_without_a_title_is_called_by_its_slug(client):
    Paper.objects.create(slug="no-title", source="archive")
    assert read(client.get("/paper/no-title")).headings[0] == ("h1", "no-title")


@pytest.mark.parametrize(
    ("counted", "known", "line"),
    [
        (None, 1, ""),
        (1, 1, ""),
        (2, 1, "The archive counted 2 code links for this paper; 1 repository is known here."),
        (11, 0, "The archive counted 11 code links for this paper; no repository is known here."),
        (1, 0, "The archive counted 1 code link for this paper; no repository is known here."),
    ],
)
def test_the_line_about_code_links_counts_what_is_known(client, counted, known, line):
    paper = make_paper(repositories=[make_repository() for _ in range(known)], archive_code_count=counted)
    main = read(client.get(f"/paper/{paper.slug}")).main
    assert (line in main) if line else ("The archive counted" not in main)


def test_hostile_words_and_addresses_stay_words(client):
    attack = "<script>alert(1)</script>"
    task = make_task(name=f"Task {attack}", slug="hostile-task")
    paper = make_paper(
        title=f"Title {attack}",
        slug="hostile",
        authors=[f'"><img src=x onerror=alert(1)> {attack}'],
        tasks=[task],
        methods=[make_method(name=f"Method {attack}", slug="hostile-method")],
        abstract=f"Abstract {attack}",
        url_abs="javascript:alert(1)",
        url_pdf="data:text/html,<script>alert(1)</script>",
        repositories=[make_repository(url="javascript:alert(2)"), make_repository(url='https://x.org/"onmouseover="alert(3)')],
    )
    board = make_board(task=task, dataset=make_dataset(name=f"Data {attack}", slug="hostile-data"))
    make_result(board, model_name=f"Model {attack}", scores={"Accuracy": f"1 {attack}"}, paper=paper)
    response = client.get("/paper/hostile")
    page = read(response)
    assert [attributes.get("src") for tag, attributes in page.elements if tag == "script"] == [
        "/static/js/theme.js",
        "/static/js/search.js",
    ]
    assert [at["src"] for tag, at in page.elements if tag == "img"] == [f"/badge/hostile/{board.slug}.svg"]
    assert not any(href.startswith(("javascript:", "data:")) for href in page.hrefs())
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    for words in ("Title", "Abstract", "Method", "Data", "Model"):
        assert f"{words} {attack}" in page.main


def test_a_removed_paper_answers_410_with_the_reason(client):
    paper = make_paper(removed_at=timezone.now(), removed_reason="Spam.")
    response = client.get(f"/paper/{paper.slug}")
    assert response.status_code == 410
    assert "This paper was removed" in read(response).main
    assert "The reason: Spam." in read(response).main


def test_an_old_address_redirects_for_good_to_the_address_of_today(client):
    paper = make_paper(slug="today")
    SlugHistory.objects.create(kind="paper", slug="yesterday", target=paper.public_id)
    response = client.get("/paper/yesterday")
    assert (response.status_code, response["Location"]) == (301, "/paper/today")


def test_a_paper_that_was_merged_into_another_leads_there_although_it_is_removed(client):
    kept = make_paper(slug="kept")
    merged = make_paper(slug="merged", removed_at=timezone.now(), removed_reason="Merged.")
    SlugHistory.objects.create(kind="paper", slug=merged.slug, target=kept.public_id)
    assert client.get("/paper/merged")["Location"] == "/paper/kept"


def test_an_unknown_paper_answers_404_in_a_sentence(client):
    response = client.get("/paper/never-was")
    assert response.status_code == 404
    assert "There is no paper at this address." in read(response).main


def test_the_number_of_queries_does_not_grow_with_the_paper(client, neox, django_assert_num_queries):
    small = make_paper(title="Small", tasks=[make_task()])
    for number in range(12):
        measure(make_result(make_board(), scores={"Accuracy": str(number)}, paper=neox), protocol=make_protocol())
    for claim in neox.claims.all():
        mapping = map_claim(claim)
        if claim.pk % 2:
            Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    large = make_paper(authors=[f"Author {n}" for n in range(40)], repositories=[make_repository() for _ in range(20)])
    for paper, queries in ((small, 2), (large, 2), (neox, 3)):
        with django_assert_num_queries(queries):
            assert client.get(f"/paper/{paper.slug}").status_code == 200


def test_staff_cost_the_two_queries_of_their_session_and_that_of_their_notices_more(
    admin_client, neox, django_assert_num_queries
):
    for claim in neox.claims.all():
        map_claim(claim)
    for paper, queries in ((make_paper(), 5), (neox, 6)):
        with django_assert_num_queries(queries):
            admin_client.get(f"/paper/{paper.slug}")
