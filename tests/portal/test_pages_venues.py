"""What a paper's venue is called."""

import pytest

from portal.pages.venues import venue_link, venue_name, when


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, ""),
        ("", ""),
        ("NeurIPS 2018 12", "NeurIPS 2018 12"),
        ("Proceedings of the 27th conference", "Proceedings of the 27th conference"),
        ("proceedings-of-the-27th-international", "Proceedings of the 27th International …"),
        ("cvpr-2018-6", "CVPR 2018 6"),
        ("the-web-conference", "The Web Conference"),
        ("arxiv", "arxiv"),
        ("a--b", "a--b"),
        ("-", "-"),
    ],
)
def test_an_address_is_read_out_and_a_name_stays(name, shown):
    assert venue_name(name) == shown


@pytest.mark.parametrize(
    ("name", "year", "month", "shown"),
    [
        ("NeurIPS 2018 12", 2018, 12, "NeurIPS 2018"),
        ("BigScience (ACL) 2022 5", 2022, 5, "BigScience (ACL) 2022"),
        ("ACL 2025 07 ", 2025, 7, "ACL 2025"),
        ("NeurIPS 2018", 2018, None, "NeurIPS 2018"),
        ("ICML 7", 2025, 7, "ICML 7"),
        ("ACL 2025 8", 2025, 7, "ACL 2025 8"),
        ("12", 2018, 12, "12"),
        ("Workshop 12", None, 12, "Workshop 12"),
        ("cvpr-2018-6", 2018, 6, "CVPR 2018 6"),
    ],
)
def test_the_month_behind_the_year_is_no_part_of_a_name(name, year, month, shown):
    assert venue_name(name, year=year, month=month) == shown


def test_a_meeting_is_called_by_its_month_or_its_year():
    assert [when(2018, 12), when(2018, None), when(2018, 13), when(None, 5)] == ["December 2018", "2018", "2018", ""]


def test_a_venue_without_a_page_is_words_and_one_without_a_name_nothing():
    assert venue_link("ACL 2025", slug=None, conference="acl").href == ""
    assert venue_link(None, slug="acl-2025", conference="acl") is None
    assert venue_link("A", slug="é/", conference="ä").href == "/conference/%C3%A4/%C3%A9/"
