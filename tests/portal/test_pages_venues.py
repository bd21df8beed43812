"""What a paper's venue is called."""

import pytest

from portal.pages.venues import venue_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, ""),
        ("", ""),
        ("NeurIPS 2018 12", "NeurIPS 2018 12"),
        ("BigScience (ACL) 2022 5", "BigScience (ACL) 2022 5"),
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
