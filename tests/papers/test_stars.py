"""Observed stars: read from CSV, stored by day, and kept for papers."""

import io
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from papers import stars
from papers.models import PaperStars, StarObservation
from papers.stars import StarsRefused
from tests.factories.catalogue import make_code_link, make_paper, make_repository

pytestmark = pytest.mark.django_db

LATER = timezone.now().date() + timedelta(days=9)
HEADER = "repository,stars,observed_on"


def store(*lines, header=HEADER):
    return stars.store(io.StringIO("\n".join([header, *lines, ""]), newline=""))


def observed():
    return set(StarObservation.objects.values_list("repository__url", "observed_on", "stars"))


@pytest.fixture
def neox():
    return make_repository(url="https://github.com/EleutherAI/gpt-neox")


def test_observations_are_stored_by_repository_and_day_whatever_the_spelling(neox):
    report = store(
        "http://www.github.com/eleutherai/GPT-NeoX.git/,6000,2024-01-01",
        " git@github.com:EleutherAI/gpt-neox , 6800 , 2025-07-01T10:00:00Z ",
        "https://github.com/nobody/knows,5,2025-07-01",
    )
    assert str(report) == "3 observations: 2 new, 1 of repositories that are not here"
    assert observed() == {(neox.url, date(2024, 1, 1), 6000), (neox.url, date(2025, 7, 1), 6800)}


def test_a_file_that_is_imported_again_changes_nothing_and_a_new_word_on_a_day_wins(neox):
    line = f"{neox.url},6000,2024-01-01"
    store(line)
    assert str(store(line)) == "1 observations: 1 same"
    assert str(store(line, f"{neox.url},7,2024-01-01")) == "2 observations: 1 changed, 1 said twice"
    assert observed() == {(neox.url, date(2024, 1, 1), 7)}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",5,2024-01-01", "“” is no address of a repository"),
        ("a/b,many,2024-01-01", "“many” is no number of stars from 0 to 10,000,000"),
        ("a/b,-5,2024-01-01", "“-5” is no number of stars from 0 to 10,000,000"),
        ("a/b,99999999999999999999,2024-01-01", "“99999999999999999999” is no number of stars from 0 to 10,000,000"),
        ("a/b,²,2024-01-01", "“²” is no number of stars from 0 to 10,000,000"),
        ("a/b,5,2024-02-30", "“2024-02-30” is no day, such as 2025-07-01"),
        ("a/b,5", "“” is no day, such as 2025-07-01"),
        ("a/b,5,1999-01-01", "1999-01-01 is before 2008-01-01 or still to come"),
        (
            f"a/b,5,{LATER}",
            f"{LATER} is before 2008-01-01 or still to come",
        ),
    ],
)
def test_a_row_that_says_nothing_is_rejected_with_its_line_and_the_others_count(neox, line, reason):
    report = store(line, f"{neox.url},5,2024-01-01")
    assert (report.read, report.rejected, report.new) == (2, 1, 1)
    assert report.samples == [f"line 2: {reason}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The first line has to name the columns repository, stars, observed_on; it lacks repository, stars, observed_on."),
        ("repository,when\na/b,5\n", "it lacks stars, observed_on."),
        (f"{HEADER}\na/b,5,2024-01-01\n{'x' * 200_000},1,1\n", "Line 3 is no CSV: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(StarsRefused) as refused:
        stars.store(io.StringIO(text, newline=""))
    assert sentence in str(refused.value)


def test_nothing_of_a_refused_file_is_stored(neox, tmp_path, monkeypatch):
    monkeypatch.setattr(stars, "BATCH", 1)
    file = tmp_path / "stars.csv"
    file.write_text(f"{HEADER}\n{neox.url},5,2024-01-01\n{'x' * 200_000},1,1\n")
    with pytest.raises(CommandError, match=r"stars\.csv: Line 3 is no CSV.*Nothing of this file was imported\."):
        call_command("import_stars", file)
    assert observed() == set()


def test_the_command_says_what_each_file_held(neox, tmp_path, capsys):
    file = tmp_path / "stars.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER},note\n{neox.url},5,2024-01-01,ö\nx,y,z,\n".encode())
    call_command("import_stars", file)
    assert capsys.readouterr().out == (
        f"{file}: 2 observations: 1 new, 1 rejected.\n  line 3: “y” is no number of stars from 0 to 10,000,000\n"
    )
    with pytest.raises(CommandError, match="cannot be read: No such file or directory"):
        call_command("import_stars", tmp_path / "absent.csv")


def test_a_paper_has_the_stars_of_its_official_repository_else_of_the_one_with_most(neox):
    other, third = make_repository(url="https://github.com/a/b"), make_repository(url="https://github.com/a/c")
    paper = make_paper()
    make_code_link(paper, other)
    link = make_code_link(paper, neox)
    make_code_link(paper, third, is_official=True)
    store(f"{other.url},90,2024-01-01", f"{neox.url},70,2024-01-01", f"{neox.url},100,2024-01-11")
    kept = PaperStars.objects.get()
    assert (kept.stars, kept.observed_on, kept.a_day) == (100, date(2024, 1, 11), 3.0)
    store(f"{third.url},4,2024-01-01")
    kept = PaperStars.objects.get()
    assert (kept.stars, kept.a_day) == (4, None)
    type(link).objects.update(is_official=False)
    assert PaperStars.objects.get().stars == 100
    type(neox).objects.filter(pk=neox.pk).update(removed_at=timezone.now(), removed_reason="Gone.")
    assert PaperStars.objects.get().stars == 90
