"""A board in a real browser: metric, filters and columns, and from the chart's points to papers by mouse and by keyboard."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from tests.factories.catalogue import make_board, make_code_link, make_dataset, make_paper, make_result, make_task

PHONE = {"width": 390, "height": 844}
BOARD = "/sota/question-answering-on-squad"


@pytest.fixture(scope="module")
def board(committed_db_of_module):
    """Three models with papers, a year apart; the metrics do not agree about the best, and one has code."""
    made = make_board(
        task=make_task(name="Question Answering"), dataset=make_dataset(name="SQuAD"), slug=BOARD.removeprefix("/sota/"),
        metrics=["EM", "F1"],
    )  # fmt: skip
    papers = [make_paper(title=f"Paper {year}", slug=f"paper-{year}", date=date(year, 3, 1)) for year in (2018, 2019, 2020)]
    for model, scores, paper in zip("ABC", [("70", "95"), ("90", "80"), ("80", "85")], papers, strict=True):
        make_result(made, model_name=f"Model {model}", scores=dict(zip(["EM", "F1"], scores, strict=True)), paper=paper)
    make_code_link(papers[0])
    return made


def models(page):
    return page.locator("tbody th[scope=row]").all_inner_texts()


def expect_models(page, *names):
    expect(page.locator("tbody th[scope=row]")).to_have_text([f"Model {name}" for name in names])


def test_the_metric_switch_ranks_anew_keeps_the_form_and_goes_back(visit, board):
    with visit(BOARD) as page:
        expect_models(page, "B", "C", "A")
        expect(page.get_by_role("button", name="Apply")).to_be_hidden()
        page.get_by_role("combobox", name="Metric").select_option("F1")
        expect_models(page, "A", "C", "B")
        expect(page).to_have_url(re.compile(r"/sota/question-answering-on-squad\?metric=F1$"))
        expect(page.get_by_text("F1 over time")).to_be_visible()
        page.go_back()
        expect_models(page, "B", "C", "A")
        expect(page.get_by_role("combobox", name="Metric")).to_have_value("EM")
        page.go_forward()
        expect_models(page, "A", "C", "B")
        expect(page.get_by_role("combobox", name="Metric")).to_have_value("F1")


def test_filters_by_keyboard_keep_the_focus_and_make_an_address_to_share(visit, board):
    with visit(BOARD) as page:
        box = page.get_by_label("With code")
        box.focus()
        page.keyboard.press("Space")
        expect_models(page, "A")
        expect(page.locator(".board-summary")).to_contain_text("1 of 3 results; ranks are among these")
        expect(box).to_be_focused()
        expect(page.locator(".chart a")).to_have_count(1)
        shared = page.url
        page.goto("/about")
        page.goto(shared)
        expect_models(page, "A")
        expect(page.get_by_label("With code")).to_be_checked()


def test_columns_are_chosen_without_a_jump(visit, board):
    with visit(BOARD) as page:
        page.get_by_text("Columns", exact=True).click()
        page.get_by_label("Code", exact=True).uncheck()
        expect(page.get_by_role("columnheader", name="Code")).to_have_count(0)
        expect(page.get_by_label("Code", exact=True)).to_be_visible()
        assert "columns=paper" in page.url and "columns=code" not in page.url


def test_a_point_tells_what_it_is_and_leads_to_its_paper_by_mouse(visit, board):
    with visit(BOARD) as page:
        point = page.get_by_role("link", name="Model B · EM 90 · 2019-03-01 · Paper 2019")
        point.locator("circle").hover()
        expect(page.locator(".chart-tip")).to_have_text("Model B · EM 90 · 2019-03-01 · Paper 2019")
        point.locator("circle").click()
        expect(page).to_have_url(re.compile("/paper/paper-2019$"))
        expect(page.locator("h1")).to_have_text("Paper 2019")


def test_the_points_are_one_stop_of_the_keyboard_and_arrows_go_through_time(visit, board):
    with visit(BOARD) as page:
        page.get_by_text("Columns", exact=True).focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip the chart’s 3 points")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Model B ·")).to_be_focused()
        expect(page.locator(".chart-tip")).to_contain_text("Paper 2019")
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("link", name="Model A ·")).to_be_focused()
        page.keyboard.press("End")
        expect(page.get_by_role("link", name="Model C ·")).to_be_focused()
        expect(page.locator(".chart-tip")).to_contain_text("Paper 2020")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/paper/paper-2020$"))


def test_the_points_work_after_the_metric_was_switched(visit, board):
    with visit(BOARD) as page:
        page.get_by_role("combobox", name="Metric").select_option("F1")
        point = page.get_by_role("link", name="Model A · F1 95")
        point.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/paper/paper-2018$"))


def test_the_board_reads_and_filters_without_script(visit, board):
    with visit(BOARD, java_script_enabled=False) as page:
        expect_models(page, "B", "C", "A")
        expect(page.locator(".chart a")).to_have_count(3)
        expect(page.get_by_text("Arrow keys")).to_be_hidden()
        page.get_by_role("combobox", name="Metric").select_option("F1")
        page.get_by_role("combobox", name="From").select_option("2019")
        page.get_by_role("button", name="Apply").click()
        expect(page).to_have_url(re.compile(r"\?metric=F1&from=2019$"))
        expect_models(page, "C", "B")
        point = page.locator(".chart a").filter(has_text="Paper 2019")
        point.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/paper/paper-2019$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_room_for_the_chart_and_its_form(visit, board, scheme):
    with visit(BOARD, viewport=PHONE, color_scheme=scheme) as page:
        page.get_by_text("Columns", exact=True).click()
        page.locator(".chart a").last.focus()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        chart = page.locator(".chart").bounding_box()
        for point in page.locator(".chart .mark-shape").all():
            at = point.bounding_box()
            assert chart["x"] <= at["x"] and at["x"] + at["width"] <= chart["x"] + chart["width"]


def test_the_picture_and_the_badge_are_pictures(visit, board):
    with visit(BOARD) as page:
        page.get_by_text("Badge of the best result").click()
        badge = page.get_by_role("img", name="Question Answering on SQuAD: State of the Art")
        expect(badge).to_be_visible()
        badge.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        assert badge.evaluate("image => image.naturalWidth") > 100
