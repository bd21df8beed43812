"""What holds on every page: header, footer, addresses, errors, and that strangers get no cookie."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.utils import timezone

from papers.models import Source
from portal import archive_import
from portal.pages import errors
from tests.factories.catalogue import make_author, make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_planned_run
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.usefixtures("committed_db")

HEADER = ["Tasks", "SotA", "Datasets", "Papers", "Methods", "Submit", "About"]
PAGES = [
    "/",
    "/papers",
    "/tasks",
    "/sota",
    "/benchmarks",
    "/datasets",
    "/methods",
    "/search",
    "/search?q=a",
    "/submit",
    "/about",
    "/downloads",
    "/runs",
    "/conferences",
    "/libraries",
    "/trends",
    "/status",
]


def test_header_and_footer_are_those_of_the_seed_page(client):
    page = read(client.get("/about"))
    in_order(page.text, ["Papers With Code 2", " ".join(HEADER), "About Papers With Code 2"])
    in_order(
        page.text.rsplit("Self-test", 1)[1],
        [
            "Papers With Code 2", "Explore Notable Benchmarks All SotA Datasets Papers Methods Conferences Libraries Trends", "Community Submit Results About Recent Changes Runs Downloads API Status",
            "Data sourced from the PWC Archive (CC-BY-SA 4.0).",
        ],
    )  # fmt: skip
    assert [(form["action"], form["method"], form["role"]) for form in page.forms] == [("/search", "get", "search")]


def test_every_link_of_header_and_footer_answers(client):
    links = [(text, href) for text, href, _ in read(client.get("/submit")).links if href.startswith("/")]
    assert len(links) == 31
    assert [(text, href) for text, href in links if client.get(href).status_code != 200] == []


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_whole_and_leave_a_stranger_without_a_cookie(client, address):
    response = client.get(address)
    assert response.status_code == 200
    page = read(response)
    assert page.title.endswith(" | Papers With Code 2")
    assert [tag for tag, _ in page.headings].count("h1") == 1
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize(("address", "entry"), [("/tasks", "Tasks"), ("/sota", "SotA"), ("/benchmarks", "SotA")])
def test_the_header_marks_where_the_reader_is(client, address, entry):
    marked = [text for text, _, attributes in read(client.get(address)).links if attributes.get("aria-current") == "page"]
    assert marked == [entry]


def test_staff_see_admin_and_sign_out_and_their_pages_are_private(admin_client):
    response = admin_client.get("/papers")
    page = read(response)
    assert page.link("Admin") == "/admin/"
    assert "Signed in as admin" in page.text
    assert response["Cache-Control"] == "private"
    assert "Cookie" in response["Vary"]
    assert admin_client.post("/sign-out")["Location"] == "/"
    assert "Signed in" not in read(admin_client.get("/papers")).text


def test_a_reader_without_rights_sees_no_admin(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader"))
    page = read(client.get("/papers"))
    assert "Signed in as reader" in page.text
    assert "Admin" not in [text for text, _, _ in page.links]


def test_an_old_session_cookie_makes_nobody(client):
    client.cookies["sessionid"] = "x" * 32
    assert "Signed in" not in read(client.get("/papers")).text


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/papers/", "/papers"),
        ("/sota/a-board/", "/sota/a-board"),
        ("/search/?q=a%20b", "/search?q=a%20b"),
        ("/papers//", "/papers"),
    ],
)
def test_a_slash_at_the_end_redirects_to_the_address_without(client, address, target):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, target)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/top-social", "/greatest"),
        ("/conference", "/conferences"),
        ("/methods/area", "/methods"),
        ("/methods/category/", "/methods"),
        ("/contribute", "/submit"),
        ("/contribute/dataset/new", "/submit"),
        ("/add/task", "/submit"),
        ("/lib/timm", "/libraries"),
        ("/lib/timm/unknown-model", "/libraries"),
        ("/lib/timm/Big Transfer", "/model/big-transfer"),
        ("/paper/a-paper/review/", "/paper/a-paper"),
    ],
)
def test_addresses_of_the_old_site_lead_to_what_stands_for_them(client, address, target):
    make_paper(slug="a-paper")
    make_result(make_board(), model_name="Big Transfer")
    response = client.get(address, follow=True)
    assert (response.status_code, {status for _, status in response.redirect_chain}) == (200, {301})
    assert response.redirect_chain[-1][0] == target


def test_the_review_of_a_paper_that_never_was_leads_nowhere(client):
    assert client.get("/paper/nothing/review").status_code == 404


@pytest.mark.parametrize("address", ["/nope/", "//evil.example/", "/\\evil.example/", "/paper/", "/paper/\x00", "/paper/a\x00b/"])
def test_a_slash_never_leads_elsewhere(client, address):
    response = client.get("/", PATH_INFO=address)
    assert response.status_code == 404
    assert read(response).headings[0] == ("h1", "Page not found")


def test_an_unknown_address_answers_404_in_a_sentence(client):
    response = client.get("/nope")
    assert response.status_code == 404
    in_order(read(response).main, ["404", "Page not found", "There is no page at this address."])


def test_other_errors_have_pages_too():
    request = RequestFactory().get("/")
    for response, status, words in [
        (errors.server_error(request), 500, "The page could not be made; the error was logged."),
        (errors.forbidden(request, PermissionDenied("Only on Sundays.")), 403, "Only on Sundays."),
        (errors.forbidden(request, PermissionDenied()), 403, errors.FORBIDDEN),
        (errors.csrf_failure(request, reason="no cookie"), 403, errors.FORM_EXPIRED),
        (errors.bad_request(request, Exception("x")), 400, errors.BAD_REQUEST),
    ]:
        assert response.status_code == status
        assert words in read(response).main


def test_a_page_that_breaks_answers_500_with_a_page(client, settings):
    settings.ROOT_URLCONF = "tests.portal.broken_urls"
    client.raise_request_exception = False
    response = client.get("/broken")
    assert response.status_code == 500
    assert "Something broke on our side" in read(response).main


def test_error_pages_leave_a_stranger_without_a_cookie(client):
    paper = make_paper(removed_at=timezone.now(), removed_reason="Spam.")
    for address in ("/nope", f"/paper/{paper.slug}"):
        response = client.get(address)
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


def test_the_archives_page_has_every_part_of_the_seed_page(client, shared_data):
    archive_import.import_paths([shared_data / "pwc" / "archive-seed"], source=Source.ARCHIVE)
    page = read(client.get("/paper/gpt-neox-20b-an-open-source-autoregressive-1"))
    in_order(
        page.main,
        [
            "Papers GPT-NeoX-20B: An Open-Source Autoregressive Language Model", "Sid Black, Stella Biderman, Eric Hallahan,",
            "Ben Wang, Samuel Weinbach", "2022-04-14", "BigScience (ACL) 2022", "Multi-task Language Understanding", "Language Modelling",
            "Paper", "PDF", "Code (official) EleutherAI/gpt-neox", "Abstract", "We introduce GPT-NeoX-20B, a 20 billion parameter",
            "we describe \\model{}'s architecture", "Results", "Task Dataset Metric Value Rank Model Measured From",
            "Transfer Learning MML Average (%) 33.6 #1 of 1 GPT-NeoX 20B (5-shot)",
            "Multi-Task Learning MML Average (%) 33.6 #1 of 1 GPT-NeoX 20B (5-shot)", "Related Papers",
            "Visual-Language Model Knowledge Distillation Method for Image Quality Assessment 2025-07-21",
            "Making Language Model a Hierarchical Classifier and Generator 2025-07-17",
            "VisionThink: Smart and Efficient Vision Language Model via Reinforcement Learning 2025-07-17", "2025-07-17", "2025-07-17",
            "2025-07-16", "2025-07-16", "2025-07-16",
        ],
    )  # fmt: skip
    assert "Summary by" not in page.main


@pytest.mark.parametrize("address", ["/sign-out", "/runs/request"])
def test_what_only_forms_may_send_to_says_so_in_the_sites_frame(client, address):
    response = client.get(address)
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS" if address == "/sign-out" else "POST")
    page = read(response)
    in_order(
        page.main, ["405", "Not this way", "This address only takes what a form sends: use the button on the page that has it."]
    )
    assert page.title == "Not this way | Papers With Code 2"
    assert page.link("Home") == "/"


def test_what_can_only_be_read_says_so(client):
    run = make_planned_run()
    response = client.post(f"/runs/{run.public_id}/state")
    assert response.status_code == 405
    assert "This address can only be read: nothing can be sent to it." in read(response).main


def test_the_api_answers_a_wrong_method_in_its_own_words(client):
    response = client.delete("/api/v1/papers/")
    assert response.status_code in {401, 403, 405}
    assert response["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/paper/attention-is-all-you-need-1", "attention is all you need"),
        ("/task/Question_Answering/", "Question Answering"),
        ("/nope", "nope"),
        ("/method/gpt-3", "gpt 3"),
        ("/dataset/%3Cscript%3E%22x", "script x"),
        (f"/paper/{'word-' * 80}", "word " * 19 + "word"),
        ("/paper/---", ""),
    ],
)
def test_a_page_that_is_not_there_offers_the_search_for_its_words(client, address, words):
    response = client.get(address, follow=True)
    assert response.status_code == 404
    fields = [values for tag, values in read(response).elements if tag == "input" and values.get("name") == "q"]
    assert [field["value"] for field in fields] == ["", words]


def test_a_removed_thing_is_named_and_looked_for_but_no_person_and_no_spam(client):
    gone = {"removed_at": timezone.now(), "removed_reason": "A copy."}
    make_paper(title="A <b>title</b>", slug="a-title", **gone)
    make_task(name="A task", slug="a-task", **gone)
    make_board(task=make_task(name="Reading"), dataset=make_dataset(name="SQuAD"), slug="reading-on-squad", **gone)
    make_author(name="Ada Lovelace", slug="someone", **gone)
    make_dataset(name="Casino", slug="buy-now", spam_reason="advertises something")
    for address, name, looked_for in (
        ("/paper/a-title", "A <b>title</b>", "A <b>title</b>"),
        ("/task/a-task", "A task", "A task"),
        ("/sota/reading-on-squad", "Reading on SQuAD", "Reading on SQuAD"),
        ("/author/someone", "", "someone"),
        ("/dataset/buy-now", "", "buy now"),
    ):
        response = client.get(address)
        page = read(response)
        assert response.status_code == 410
        assert name in page.main
        assert not {"Lovelace", "Casino"} & set(page.text.split())
        assert [values["value"] for tag, values in page.elements if tag == "input" and values.get("name") == "q"][1] == looked_for


def test_a_dataset_that_no_paper_was_counted_for_says_nothing_of_it(client):
    for number, line in ((0, False), (None, False), (3, True)):
        dataset = make_dataset(archive_paper_count=number)
        assert ("as the archive counted" in read(client.get(f"/dataset/{dataset.slug}")).main) is line
