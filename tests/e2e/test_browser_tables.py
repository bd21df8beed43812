"""Tables of boards in a real browser: dense, whole on a laptop, and led by who they are about."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.factories.catalogue import make_board, make_dataset, make_paper, make_repository, make_result, make_task

PHONE = {"width": 390, "height": 844}
TITLE = "Rethinking Spatial Attention for Efficient and Robust Semantic Segmentation with Hierarchical Vision Transformers under Shift"
METRICS = [
    "Validation mIoU",
    "Test Score",
    "Params (M)",
    "GFLOPs (512 x 512)",
    "Box AP",
    "Mask AP",
    "Frames per second",
    "Recall",
]
FIRST = "?" + "&".join(f"metrics={name.replace(' ', '+')}" for name in METRICS)
SIDEWAYS = "frame => frame.scrollWidth - frame.clientWidth"
LINES = "part => Math.round(part.getBoundingClientRect().height / parseFloat(getComputedStyle(part).lineHeight))"


@pytest.fixture
def board(committed_db):
    """A board with more metrics than a laptop has room for, whose papers have long titles."""
    task = make_task(name="Semantic Segmentation", slug="segmentation")
    made = make_board(task=task, dataset=make_dataset(name="ADE20K"), slug="wide", metrics=METRICS)
    for number in range(4):
        paper = make_paper(title=f"{TITLE} {number}", date=date(2021, 1, 1), repositories=[make_repository()])
        name = f"Swin-L (UperNet, pretrained on ImageNet-22k) {number}"
        make_result(made, model_name=name, scores=dict.fromkeys(METRICS, f"{90 - number}.51"), paper=paper)
    return made


def test_a_laptop_shows_the_whole_board_with_titles_in_two_lines(visit, board):
    with visit("/sota/wide") as page:
        assert page.locator(".table-frame").evaluate(SIDEWAYS) == 0
        titles = page.locator(".board-paper a").all()
        assert [title.evaluate(LINES) for title in titles] == [2, 2, 2, 2]
        assert page.locator("tbody tr").first.bounding_box()["height"] < 90
        for column in ("Code", "Date", "From"):
            expect(page.get_by_role("columnheader", name=column)).to_be_in_viewport()


def test_rank_and_model_stay_in_sight_while_the_board_scrolls_and_its_edge_says_that_it_goes_on(visit, board):
    with visit(f"/sota/wide{FIRST}") as page:
        frame = page.locator(".table-frame")
        assert frame.evaluate(SIDEWAYS) > 100
        fade = "frame => getComputedStyle(frame).getPropertyValue('--more')"
        assert frame.evaluate(fade) == "48px"
        before = [page.locator(f"tbody tr:first-child {part}").bounding_box()["x"] for part in (".rank", "th")]
        frame.evaluate("frame => { frame.scrollLeft = 10000; }")
        page.wait_for_timeout(200)
        after = [page.locator(f"tbody tr:first-child {part}").bounding_box()["x"] for part in (".rank", "th")]
        assert after == pytest.approx(before, abs=2)
        assert frame.evaluate(fade) == "0px"


def test_a_table_that_fits_has_no_faded_edge(visit, board):
    with visit("/sota/wide") as page:
        assert page.locator(".table-frame").evaluate("frame => getComputedStyle(frame).getPropertyValue('--more')") == "0px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stays_in_sight_lets_nothing_show_through(visit, board, scheme):
    with visit(f"/sota/wide{FIRST}", color_scheme=scheme) as page:
        grounds = page.locator("tbody tr:first-child :is(.rank, th)").evaluate_all(
            "parts => parts.map(part => getComputedStyle(part).backgroundColor)"
        )
        assert grounds == [{"light": "rgb(255, 255, 255)", "dark": "rgb(23, 30, 38)"}[scheme]] * 2


def test_a_task_shows_who_leads_with_which_paper_and_code(visit, board):
    with visit("/task/segmentation") as page:
        assert page.locator(".paper-cell a").evaluate(LINES) == 2
    with visit("/task/segmentation", viewport=PHONE) as page:
        row = page.locator(".task-boards tbody tr")
        for link in ("Swin-L (UperNet, pretrained on ImageNet-22k) 0", f"{TITLE} 0", "repositories: 1"):
            expect(row.get_by_role("link", name=link)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert page.locator(".table-frame").evaluate(SIDEWAYS) == 0
