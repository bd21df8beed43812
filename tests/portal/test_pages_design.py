"""The design system's page: it shows the tokens as the style sheet has them, and leaves none out."""

import re

import pytest
from django.conf import settings

from portal.pages.design import USES, tokens
from tests.factories.catalogue import make_board, make_paper
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db
SHEET = (settings.BASE_DIR / "static/css/design.css").read_text()


def test_every_part_of_the_system_is_on_the_page(client):
    page = read(client.get("/design"))
    in_order(
        " ".join(text for tag, text in page.headings if tag == "h2"),
        [
            "Colours",
            "Type",
            "Spaces",
            "Buttons",
            "Tags, marks and states",
            "Cards",
            "Tables",
            "Facts",
            "Forms",
            "Descriptions",
            "Empty",
        ],
    )
    assert "accent links, the main button#0a616d · #6cc9d3" in page.main
    assert "No paper is here yet." in page.main


def test_cards_and_tables_are_those_of_the_catalogue(client):
    make_paper(title="A paper of ours")
    make_board()
    page = read(client.get("/design"))
    assert "A paper of ours" in page.main
    assert page.tables[0][0][:2] == ["Board", "Best model"]


def test_every_token_has_its_use_and_its_sample():
    colours, others = tokens()
    assert {colour.name for colour in colours} == set(USES)
    samples = set(re.findall(r"^\.(?:swatch|sample)-([\w-]+) \{\n  [\w-]+: var\(--\1\);\n\}$", SHEET, re.MULTILINE))
    assert samples == {colour.name for colour in colours} | {
        token.name for token in others if token.name.startswith(("size-", "space-"))
    }


def test_style_sheets_take_their_colours_from_the_tokens():
    for sheet in sorted((settings.BASE_DIR / "static/css").glob("*.css")):
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text())
        assert sheet.name == "tokens.css" or set(found) <= {"#000000"}, sheet.name
