"""`manage.py import_published`: EleutherAI's published files of Pythia become measurements by others."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leaderboards.models import Measurement, Protocol
from tests.factories.catalogue import make_board, make_dataset, make_result, make_task
from tests.portal.reading import read

pytestmark = pytest.mark.django_db

BOARDS = {"LAMBADA": ("Accuracy", "Perplexity"), "PIQA": ("Accuracy",), "MMLU": ("Average (%)",)}


@pytest.fixture
def boards():
    return {
        name: make_board(task=make_task(name=f"On {name}"), dataset=make_dataset(name=name), slug=name.lower(), metrics=metrics)
        for name, metrics in BOARDS.items()
    }


@pytest.fixture
def pythia(shared_data):
    return shared_data / "bench" / "pythia_published"


def run(folder, **options):
    out, err = StringIO(), StringIO()
    call_command("import_published", folder, stdout=out, stderr=err, **options)
    return out.getvalue()


def test_the_files_become_measurements_by_others_with_source_and_protocol(boards, pythia, client):
    told = run(pythia)
    # Of six files: LAMBADA by accuracy and perplexity, PIQA and MMLU by two rules each.
    assert Measurement.objects.current().count() == 6 * 6
    assert "pythia-70m_zero-shot_70m_step143000.json: 6 new numbers of EleutherAI/pythia-v1.1-70m, 0 were here." in told
    assert "  Left out, since no board here is of their task: arc_challenge, arc_easy, logiqa, sciq, winogrande, wsc." in told
    assert "crows_pairs_english_disability and " in told
    item = Measurement.objects.get(
        model_name="pythia-v1.1-12b", metric__leaderboard=boards["PIQA"], protocol__num_fewshot=5, protocol__metric="acc_norm"
    )
    assert (item.items, item.chance_level, item.scale, item.run_id, item.claim) == (1838, 50.0, 100.0, None, None)
    assert item.checkpoint == "EleutherAI/pythia-v1.1-12b at step143000"
    assert item.interval_low < item.value < item.interval_high
    assert item.standard_error == pytest.approx(1.0, abs=0.05)
    protocol = item.protocol
    assert (protocol.task, protocol.scoring, protocol.split, protocol.versions) == (
        "piqa",
        "characters",
        "validation",
        {"task": "0"},
    )
    page = read(client.get("/sota/piqa"))
    assert page.link("EleutherAI’s evaluations of Pythia") == "https://github.com/EleutherAI/pythia/tree/main/evals/pythia-v1"
    assert "by others" in page.main


def test_mmlu_is_one_number_over_its_items_and_a_perplexity_is_in_its_own_unit(boards, pythia):
    run(pythia / "pythia-12b_five-shot_12b-5shot_step143000.json")
    whole = Measurement.objects.get(metric__name="Average (%)", protocol__metric="acc")
    assert (whole.items, whole.value) == (14_042, pytest.approx(29.775, abs=0.001))
    assert "57 subjects" in whole.note
    perplexity = Measurement.objects.get(metric__name="Perplexity")
    assert (perplexity.value, perplexity.scale, perplexity.chance_level) == (pytest.approx(4.494, abs=0.001), 1.0, None)
    assert perplexity.protocol.margin is None


def test_a_second_import_adds_nothing(boards, pythia):
    run(pythia)
    assert ": 0 new numbers of EleutherAI/pythia-v1.1-12b, 6 were here." in run(pythia)
    assert Measurement.objects.count() == 6 * 6


def test_a_column_of_fractions_gets_fractions(boards, pythia):
    make_result(boards["PIQA"], scores={"Accuracy": "0.81"})
    run(pythia / "pythia-12b_zero-shot_12b_step143000.json")
    item = Measurement.objects.get(metric__leaderboard=boards["PIQA"], protocol__metric="acc")
    assert (item.scale, item.chance_level) == (1.0, 0.5)
    assert 0.7 < item.value < 0.8


def test_without_boards_nothing_is_stored_and_every_task_is_named(pythia):
    told = run(pythia / "pythia-12b_five-shot_12b-5shot_step143000.json")
    assert "arc_challenge, arc_easy, hendrycksTest, lambada_openai, logiqa, piqa and 3 more." in told
    assert not Measurement.objects.exists()
    assert not Protocol.objects.exists()


def test_a_bad_file_is_refused_in_a_sentence_and_keeps_no_other_out(boards, pythia, tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    good = "pythia-12b_zero-shot_12b_step143000.json"
    (tmp_path / good).write_bytes((pythia / good).read_bytes())
    errors = StringIO()
    with pytest.raises(CommandError, match="2 files were not imported"):
        call_command("import_published", tmp_path, stdout=StringIO(), stderr=errors)
    assert errors.getvalue().splitlines() == [
        "a.json was not imported. It is no JSON.", "b.json was not imported. It cannot be read as text in UTF-8.",
    ]  # fmt: skip
    assert Measurement.objects.count() == 6


def test_results_of_another_model_need_their_source(boards, pythia, tmp_path):
    text = (
        (pythia / "pythia-70m_five-shot_70m-5shot_step143000.json")
        .read_text()
        .replace("EleutherAI/pythia-v1.1-70m", "somebody/model")
    )
    (tmp_path / "theirs.json").write_text(text)
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("import_published", tmp_path, stdout=StringIO(), stderr=errors)
    assert "Where the results of somebody/model were published is not known: say it with --url and --day." in errors.getvalue()
    run(tmp_path, url="https://example.org/results", title="Their results", day="2024-05-06")
    item = Measurement.objects.filter(model_name="model").first()
    assert (item.publication_title, item.publication_url, item.measured_at.date().isoformat()) == (
        "Their results", "https://example.org/results", "2024-05-06",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "javascript:alert(1)", "day": "2024-05-06"}, "--url must be the http"),
        ({"title": "T"}, "--url must be the http"),
        ({"url": "https://example.org/", "day": "yesterday"}, "--day must say when"),
    ],
)
def test_a_source_that_cannot_be_followed_is_refused(pythia, options, words):
    with pytest.raises(CommandError, match=words):
        run(pythia, **options)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(CommandError, match="holds no .json file"):
        run(tmp_path)
