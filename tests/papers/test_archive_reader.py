"""Reading dumps of any size, and refusing what is none."""

import gzip
import json
import random

import pytest

from papers.archive import reader
from papers.archive.reader import ArchiveFileError, ArchiveRow, RawRow, RejectedRow, read_raw, read_rows, size_of
from papers.archive.row_decoding import decoded
from papers.archive.text import NumberAsWritten, as_json, without_unstorable
from tests.papers.odd_json import OddJson


@pytest.fixture
def dump(tmp_path):
    def write(content, *, name="dump.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_rows_come_in_order_with_their_numbers(dump):
    path = dump('[{"a": 1}, {"a": "zwei"}]')
    assert list(read_rows(path)) == [ArchiveRow(1, {"a": 1}), ArchiveRow(2, {"a": "zwei"})]


@pytest.mark.parametrize("text", ["[]", " [ \n ] \n", "\ufeff[]"])
def test_an_empty_array_has_no_rows(dump, text):
    assert list(read_rows(dump(text))) == []


@pytest.mark.parametrize("window", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("indent", [None, 1])
def test_the_size_of_the_window_makes_no_difference(dump, monkeypatch, window, indent):
    rows = [
        {"text": 'quotes " and \\ and } ] { [', "number": -1.5e3, "list": [[], {}, [{"a": None}]]},
        {},
        {"é": "ü\n\U0001f600"},
    ]
    path = dump(json.dumps(rows, indent=indent))
    monkeypatch.setattr(reader, "WINDOW", window)
    assert [row.values for row in read_rows(path)] == rows


def test_gzip_is_told_by_content_not_by_name(dump):
    assert list(read_rows(dump(gzip.compress(b'[{"a": 1}]', mtime=0), name="dump.json"))) == [ArchiveRow(1, {"a": 1})]
    assert list(read_rows(dump(b'[{"a": 1}]', name="dump.json.gz"))) == [ArchiveRow(1, {"a": 1})]


def test_the_rows_of_the_samples_are_those_of_the_standard_reader(shared_data):
    paths = sorted((shared_data / "pwc/archive").rglob("*.json*"))
    assert len(paths) == 11
    for path in paths:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert spelled([row.values for row in read_rows(path)]) == spelled(json.loads(text, parse_float=NumberAsWritten))


def spelled(value):
    """A value in which numbers are equal only with the same letters, and objects only with keys in the same order."""
    if isinstance(value, dict):
        return [(key, spelled(part)) for key, part in value.items()]
    if isinstance(value, list):
        return [spelled(part) for part in value]
    return (type(value), value.text if isinstance(value, NumberAsWritten) else value)


@pytest.mark.parametrize("seed", range(8))
def test_odd_but_valid_text_reads_as_the_standard_reader_reads_it(dump, monkeypatch, seed):
    odd = OddJson(seed)
    for _ in range(100):
        rows = odd.rows()
        monkeypatch.setattr(reader, "WINDOW", odd.choice([1, 2, 5, 30, 1 << 20]))
        expected = []
        for number, text in enumerate(rows, start=1):
            values = json.loads(text, parse_float=NumberAsWritten)
            is_object = isinstance(values, dict)
            expected.append(ArchiveRow(number, without_unstorable(values)) if is_object else RejectedRow(number, "is no object"))
        found = list(read_rows(dump(odd.array(rows))))
        assert found == expected
        values_of = [[row.values for row in some if isinstance(row, ArchiveRow)] for some in (found, expected)]
        assert spelled(values_of[0]) == spelled(values_of[1])


@pytest.mark.parametrize("seed", range(8))
def test_damaged_text_reads_alike_in_every_window_and_never_as_more_than_it_says(dump, monkeypatch, seed):
    odd = OddJson(seed)
    for _ in range(100):
        path = dump(odd.damaged(odd.array(odd.rows()).encode()))
        outcomes = []
        for window in (1, 7, 1 << 20):
            monkeypatch.setattr(reader, "WINDOW", window)
            outcomes.append(outcome(path))
        assert outcomes[0] == outcomes[1] == outcomes[2]
        try:
            whole = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(whole, list):
            assert (len(outcomes[0][0]), outcomes[0][1]) == (len(whole), "")


def outcome(path):
    """The rows until the file's fault, and that."""
    rows = []
    try:
        rows.extend(read_rows(path))
    except ArchiveFileError as error:
        return spelled([getattr(row, "values", str(row)) for row in rows]), str(error)
    return spelled([getattr(row, "values", str(row)) for row in rows]), ""


def test_raw_rows_are_the_text_of_the_rows(dump):
    path = dump('[ {"a": 1.50} ,7,{"b":\n"\\ud800"}]')
    raw = list(read_raw(path))
    assert raw == [RawRow(1, b'{"a": 1.50} '), RejectedRow(2, "is no object"), RawRow(3, b'{"b":\n"\\ud800"}')]
    assert [decoded(raw[0]), raw[1], decoded(raw[2])] == list(read_rows(path))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_share_that_was_read_is_told_in_bytes_of_the_file(dump, pack):
    generator = random.Random(1)
    path = dump(pack(json.dumps([{"a": generator.getrandbits(4000)} for _ in range(3000)]).encode()))
    told = []
    assert sum(1 for _ in read_rows(path, at=told.append)) == 3000
    assert told == sorted(told)
    assert (told[-1], len(set(told)) > 2) == (size_of(path), True)


def test_the_size_of_a_file_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(ArchiveFileError) as refusal:
        size_of(tmp_path / "gone.json")
    assert str(refusal.value) == "cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a JSON array of rows; give a dump of the archive"),
        (b'{"a": 1}', "is not a JSON array of rows; give a dump of the archive"),
        (b"[", "ends in or after row 0 without closing its array: it was cut short; fetch it again"),
        (b'[{"a": 1}', "ends in or after row 1 without closing its array: it was cut short; fetch it again"),
        (b'[{"a": 1},', "ends in or after row 1 without closing its array: it was cut short; fetch it again"),
        (b'[{"a": 1}, {"b": "cu', "ends in or after row 2 without closing its array: it was cut short; fetch it again"),
        (b'[{"a": 1}, {"b": NaN', "ends in or after row 2 without closing its array: it was cut short; fetch it again"),
        (b'[{"a": 1},]', "has nothing where row 2 belongs; fetch it again"),
        (b'[{"a": 1} {"b": 2}]', "has '{' after row 1 where a comma belongs; fetch it again"),
        (b'[{"a" 1}]', "is not valid JSON in row 1 (Expecting ':' delimiter); fetch it again"),
        (b'[{"a": "line\nbreak"}]', "is not valid JSON in row 1 (Invalid control character at); fetch it again"),
        (b'[{"a": 1}] []', "goes on after the end of its array; fetch it again"),
        (b'[{"a": "\xff\xfe"}]', "is not UTF-8 text (invalid start byte); save it as UTF-8"),
        (
            gzip.compress(b"", mtime=0)[:10] + b"\xff" * 50,
            "is no sound gzip file (Error -1 Invalid deflate block found); fetch it again",
        ),
        (b"\x1f\x8bnonsense", "is no sound gzip file (Unknown compression method); fetch it again"),
        (
            gzip.compress(b'[{"a": 1}]' * 1000, mtime=0)[:40],
            "has gzip data that break off: it was cut short, or something was added to its end; fetch it again",
        ),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(dump, content, message):
    with pytest.raises(ArchiveFileError) as refusal:
        list(read_rows(dump(content)))
    assert str(refusal.value) == message


def test_a_damaged_gzip_file_is_refused(dump):
    packed = bytearray(gzip.compress(json.dumps([{"a": index} for index in range(5000)]).encode()))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(ArchiveFileError, match="gzip|UTF-8|valid JSON"):
        list(read_rows(dump(bytes(packed))))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1", "is no object"),
        ('"text, with ] and }"', "is no object"),
        ("null", "is no object"),
        ('[{"a": [1, "]"]}]', "is no object"),
        ('{"a": NaN}', "holds NaN, which is no JSON number"),
        ('{"a": [-Infinity, {"b": "}"}]}', "holds -Infinity, which is no JSON number"),
        ('{"a": 1e999}', "holds the number 1e999, which is too large to store"),
        ('{"a": ' + "9" * 5000 + "}", "holds a whole number of more digits than can be read"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", "is nested more than 100 levels deep"),
        ('{"a": ' + "[" * 200_000 + '"\\"]"' + "]" * 200_000 + "}", "is nested more than 100 levels deep"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "is nested more than 100 levels deep"),
    ],
)
@pytest.mark.parametrize("window", [3, 1 << 20])
def test_a_row_that_cannot_be_used_does_not_hide_the_next(dump, monkeypatch, window, row, reason):
    monkeypatch.setattr(reader, "WINDOW", window)
    assert list(read_rows(dump(f'[{{"a": 0}}, {row}, {{"b": "last"}}]'))) == [
        ArchiveRow(1, {"a": 0}),
        RejectedRow(2, reason),
        ArchiveRow(3, {"b": "last"}),
    ]


def test_a_row_nested_as_deep_as_is_allowed_is_read(dump):
    row = '{"a": ' + "[" * 99 + "]" * 99 + "}"
    assert [type(row) for row in read_rows(dump(f"[{row}]"))] == [ArchiveRow]


def test_a_row_that_is_too_large_is_rejected_without_being_held(dump, monkeypatch):
    monkeypatch.setattr(reader, "LARGEST_ROW", 1 << 20)
    monkeypatch.setattr(reader, "WINDOW", 1 << 10)
    row = '{"a": "' + "x" * (4 << 20) + '"}'
    assert list(read_rows(dump(f'[{row}, {{"b": 1}}]'))) == [
        RejectedRow(1, "is larger than 1 million bytes"),
        ArchiveRow(2, {"b": 1}),
    ]


def test_what_postgres_cannot_store_becomes_the_replacement_character(dump):
    path = dump(r'[{"a\u0000": ["x\u0000y", {"b": "\ud800 but \ud83d\ude00"}]}]')
    assert list(read_rows(path)) == [ArchiveRow(1, {"a\ufffd": ["x\ufffdy", {"b": "\ufffd but \U0001f600"}]})]


def test_numbers_keep_their_letters(dump):
    (row,) = read_rows(dump('[{"a": 33.60, "b": 1E5, "c": 7}]'))
    assert [as_json(value) for value in row.values.values()] == ["33.60", "1E5", "7"]
    assert row.values["a"] == 33.6
    assert json.dumps(row.values["a"]) == "33.6"
    assert isinstance(row.values["b"], NumberAsWritten)


def test_memory_does_not_grow_with_the_file(dump):
    import tracemalloc

    path = dump(gzip.compress(b"[" + b",".join([b'{"text": "' + b"x" * 1000 + b'"}'] * 40_000) + b"]"))
    tracemalloc.start()
    assert sum(1 for _ in read_rows(path)) == 40_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
