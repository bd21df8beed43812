"""What differs between two texts, as a reader sees it."""

import pytest

from portal.pages.text_diff import LONGEST_SHOWN, MOST_PARTS, Piece, diff

LONG = " ".join(f"word{number}" for number in range(40))


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("the cat sat", "the dog sat", [("same", "the"), ("gone", " cat"), ("come", " dog"), ("same", " sat")]),
        ("", "all new", [("come", "all new")]),
        ("all gone", "", [("gone", "all gone")]),
        (f"{LONG} end", f"{LONG} stop", [("same", " … word34 word35 word36 word37 word38 word39"), ("gone", " end"), ("come", " stop")]),
    ],
)  # fmt: skip
def test_words_that_went_and_came_stand_among_those_that_stayed(old, new, pieces):
    assert [(piece.kind, piece.text.replace("  ", " ")) for piece in diff(old, new)] == pieces


def test_a_text_of_many_words_is_compared_by_lines_and_one_of_many_lines_not_at_all():
    lines = [f"{'w ' * 50}{number}\n" for number in range(60)]
    changed = [*lines[:30], "other\n", *lines[31:]]
    pieces = diff("".join(lines), "".join(changed))
    assert [piece.kind for piece in pieces] == ["same", "gone", "come", "same"]
    assert pieces[2] == Piece("come", "other\n")
    huge = "x\n" * (MOST_PARTS + 1)
    assert [(piece.kind, len(piece.text)) for piece in diff(huge, "y")] == [("gone", LONGEST_SHOWN + 2), ("come", 1)]
