"""What the checks say of a result beside its board, of addresses, of spam, and of payloads: tables of cases."""

from datetime import date

import pytest

from leaderboards.columns import Cell
from leaderboards.scores import parse_score
from leaderboards.submissions import addresses, payloads, result_checks, spam
from leaderboards.submissions.boards_seen import BoardSeen, ColumnSeen, RowSeen
from leaderboards.submissions.payloads import PayloadError

TODAY = date(2026, 1, 1)


def column(name, direction, *cells):
    return ColumnSeen(
        name=name,
        direction=direction,
        cells=[Cell(f'"{cell}"', parse_score(cell)) for cell in cells],
        values=[parse_score(cell) for cell in cells],
    )


def board():
    columns = [
        column("Accuracy", "higher", "90.1", "91.2", "92.3", "92.5", "92.9"),
        column("Perplexity", "lower", "20.1", "18.4", "17.3", "16.9", "16.5"),
        column("Params", "none", "110M"),
    ]
    rows = [RowSeen(model_name="BERT-Large", paper_key="arxiv:1810.04805", cells={"Accuracy": "92.9", "Perplexity": "16.5"})]
    return BoardSeen(title="Parsing on Trees", columns={each.name: each for each in columns}, rows=rows)


def result(*scores, **values):
    said = [{"metric": metric, "value": value, **({"direction": more[0]} if more else {})} for metric, value, *more in scores]
    return payloads.read("result", {"board": "b", "model_name": "New", "paper": "x", "table": "1", "scores": said, **values})


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ([("Accuracy", "91.4")], []),
        ([("accuracy", "91.4%")], []),
        ([("Accuracy", "0.914")], ["scale_other"]),
        ([("Accuracy", "99.9")], ["best_by_far"]),
        ([("Accuracy", "93.4")], []),
        ([("Accuracy", "101")], ["value_out_of_range"]),
        ([("Accuracy", "-3")], ["value_out_of_range"]),
        ([("Accuracy", "3.1")], ["value_far"]),
        ([("Accuracy", "high")], ["value_unreadable"]),
        ([("Accuracy", "93.0/90.7")], ["value_unreadable"]),
        ([("Accuracy", "—")], ["value_missing"]),
        ([("Accuracy", "91"), ("ACCURACY", "92")], ["metric_twice", "metric_twice"]),
        ([("Perplexity", "16.1")], []),
        ([("Perplexity", "3.0")], ["best_by_far"]),
        ([("Perplexity", "1650")], ["value_far"]),
        ([("Perplexity", "-1")], ["value_out_of_range"]),
        ([("Perplexity", "16.1", "higher")], ["direction_other"]),
        ([("Params", "lots")], []),
        ([("F1", "88")], ["metric_new"]),
        ([("WER", "8.1", "higher")], ["metric_new", "direction_odd"]),
        ([("F1", "lots")], ["metric_new", "value_unreadable"]),
    ],
)
def test_values_are_looked_at_beside_their_column(said, codes):
    assert [finding.code for finding in result_checks.check(result(*said), board(), paper_key="k", today=TODAY)] == codes


@pytest.mark.parametrize(
    ("values", "key", "codes"),
    [
        ({"model_name": "bert large", "scores": [("Accuracy", "92.90")]}, "arxiv:1810.04805", ["duplicate"]),
        (
            {"model_name": "BERT-Large", "scores": [("Accuracy", "92.9"), ("Params", "3")]},
            "arxiv:1810.04805",
            ["duplicate_other"],
        ),
        ({"model_name": "BERT-Large", "scores": [("Accuracy", "92.0")]}, "arxiv:1810.04805", ["duplicate_other"]),
        ({"model_name": "BERT-Large", "scores": [("Accuracy", "92.9")]}, "other", ["model_known"]),
        ({"model_name": "BERT-Large+", "scores": [("Accuracy", "92.9")]}, "arxiv:1810.04805", []),
        ({"evaluated_on": "2026-01-02"}, "k", ["date_odd"]),
        ({"evaluated_on": "2026-01-01"}, "k", []),
        ({"paper": "", "table": ""}, "", ["no_source"]),
        ({"table": ""}, "k", ["no_place"]),
        ({"paper": "", "source_url": "https://example.org"}, "k", []),
    ],
)
def test_doubles_days_and_evidence(values, key, codes):
    scores = values.pop("scores", [("Accuracy", "91.5")])
    assert [
        finding.code for finding in result_checks.check(result(*scores, **values), board(), paper_key=key, today=TODAY)
    ] == codes


@pytest.mark.parametrize(
    ("said", "rank"),
    [
        ([("Accuracy", "95")], (1, 6, "Accuracy")),
        ([("Accuracy", "92.3")], (3, 6, "Accuracy")),
        ([("Accuracy", "0.924")], (3, 6, "Accuracy")),
        ([("Perplexity", "1")], None),
        ([("Params", "1")], None),
    ],
)
def test_the_rank_that_a_result_would_have(said, rank):
    assert result_checks.rank_of(result(*said), board()) == rank


def test_a_new_board_ranks_its_first_result_first():
    assert result_checks.rank_of(result(("WER", "3.1")), BoardSeen(title="New", columns={}, rows=[], is_new=True)) == (
        1,
        1,
        "WER",
    )


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://sub.example.co.uk:8080/", True),
        ("https://xn--bcher-kva.example/", True),
        ("ftp://example.org", False),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ("https://", False),
        ("https://localhost/admin", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
        ("https://user:secret@example.org/", False),
        ("https://example.org/a b", False),
        ("https://example.org/\u202e", False),
        ("https://example.org:99999/", False),
        ("https://exa mple.org", False),
        ("https://example.org/" + "a" * 2000, False),
    ],
)
def test_addresses_are_whole_or_not(url, is_good):
    fault = addresses.fault(url)
    assert (fault == "") is is_good
    assert is_good or fault.endswith(".")


@pytest.mark.parametrize(
    ("kind", "values", "score"),
    [
        ("method", {"name": "LoRA", "text": "Low-rank adapters: see https://arxiv.org/abs/2106.09685."}, 0),
        ("dataset", {"name": "Customer dialogues", "text": "A set of dialogues about refunds."}, 0),
        ("method", {"name": "Delta Airlines customer service number +1-800-555-0199"}, 90),
        ("task", {"name": "model"}, 90),
        ("dataset", {"name": "https://example.org"}, 60),
        ("dataset", {"name": "A", "text": '<a href="x">buy</a>'}, 60),
        ("dataset", {"name": "Best Casino Bonus 2025", "text": "Click here to win."}, 60),
        ("dataset", {"name": "Betting odds", "text": "What betting markets said before matches."}, 0),
        ("dataset", {"name": "A", "links": ["https://bit.ly/x"]}, 50),
        ("dataset", {"name": "A", "text": "THIS IS THE VERY BEST OFFER OF ALL THE OFFERS THERE ARE"}, 30),
        ("dataset", {"name": "A", "text": "!!!!!!!!!! " + "http://a.example " * 6}, 60),
    ],
)
def test_spam_has_a_score_with_reasons(kind, values, score):
    told = spam.score(kind, **values)
    assert told.score == score
    assert bool(told.reasons) == (score > 0)


@pytest.mark.parametrize(
    ("kind", "values", "fields"),
    [
        ("result", {}, ["model_name", "scores"]),
        ("result", {"model_name": "A", "scores": [{"metric": "x", "value": "1", "direction": "up"}]}, ["direction"]),
        ("result", {"model_name": "A" * 501, "scores": [{"metric": "x", "value": "1"}]}, ["model_name"]),
        ("result", {"model_name": "A", "scores": [{"metric": "x", "value": "1"}], "evaluated_on": "soon"}, ["evaluated_on"]),
        ("result", {"model_name": "A", "scores": [{"metric": "x", "value": "1"}], "is_staff": True}, [""]),
        ("result", {"model_name": ["A"], "scores": [{"metric": "x", "value": "1"}]}, ["model_name"]),
        ("result", {"model_name": "A", "scores": [{"metric": "x", "value": "1"}] * 51}, ["scores"]),
        ("method", {"name": "A", "introduced_year": 1500}, ["introduced_year"]),
        ("task", {"name": " \n "}, ["name"]),
        ("user", {"name": "A"}, ["kind"]),
    ],
)
def test_what_is_no_payload_says_where(kind, values, fields):
    with pytest.raises(PayloadError) as error:
        payloads.read(kind, values)
    assert [fault.field for fault in error.value.faults] == fields
    assert all(fault.sentence.endswith(".") for fault in error.value.faults)


def test_a_payload_comes_back_from_the_database_as_it_went_in():
    read = payloads.read(
        "result", {"model_name": " A \x00\n b ", "metrics": {"x": 1.50, "y": None}, "quote": "one\r\ntwo", "evaluated_on": ""}
    )
    assert (read.model_name, [(said.metric, said.value) for said in read.scores], read.quote) == (
        "A \ufffd b",
        [("x", "1.5")],
        "one\ntwo",
    )
    assert payloads.read("result", payloads.stored(read)) == read
