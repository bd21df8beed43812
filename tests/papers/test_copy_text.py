"""COPY text, read back by PostgreSQL itself."""

import json
import uuid
from datetime import date
from io import StringIO

import pytest
from django.db import connection

from papers.archive.copy_text import JsonText, columns, encoded, json_text, line, random_uuids
from papers.archive.text import NumberAsWritten

pytestmark = pytest.mark.django_db

TEXTS = [
    None, "", "plain", "tab\there", "two\nlines", "carriage\rreturn", "back\\slash", "\\N", "\\.", "ends in \\", "é 語 🙂", "{}", '"', "\\t",
    "a\x1fb\x1e", "NULL", " ",
]  # fmt: skip
LISTS = [[], ["a"], ["", "a,b", 'say "hi"', "back\\slash", "{curly}", "NULL", "null", "two\nlines", "tab\t", "é"], ["\\N"]]


def read_back(kind, values):
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE back (place int, value {kind}) ON COMMIT DROP")
        cursor.copy_expert("COPY back FROM STDIN", StringIO("".join(line((place, value)) for place, value in enumerate(values))))
        cursor.execute("SELECT value FROM back ORDER BY place")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("DROP TABLE back")
    return found


def test_texts_come_back_to_the_letter():
    assert read_back("text", TEXTS) == TEXTS


def test_lists_come_back_to_the_letter():
    assert read_back("text[]", LISTS) == LISTS


def test_other_values_come_back():
    assert read_back("boolean", [True, False, None]) == [True, False, None]
    assert read_back("bigint", [0, -1, 2**62, None]) == [0, -1, 2**62, None]
    assert read_back("date", [date(2022, 4, 14), None]) == [date(2022, 4, 14), None]
    assert read_back("double precision", [0.1, 1e300, None]) == [0.1, 1e300, None]


def test_json_comes_back_with_numbers_as_they_were_written():
    values = [{"a": ["tab\t", "line\n", 'quote"', "back\\slash", None, True, 1]}, [], {"é": {"b": {}}}]
    assert [json.loads(text) for text in read_back("text", [json_text(value) for value in values])] == values
    assert json_text({"a": NumberAsWritten("33.60")}) == '{"a": 33.60}'


def test_what_has_no_form_is_refused():
    with pytest.raises(TypeError, match="object has no form"):
        encoded(object())


def test_json_text_is_not_written_as_json_again():
    assert encoded(JsonText('{"a": "b\\n"}')) == '{"a": "b\\\\n"}'


def test_columns_are_a_line_as_bytes_without_its_end():
    assert columns(("é\t", None, 3)) + b"\n" == line(("é\t", None, 3)).encode()


def test_uuids_are_random_ones_of_their_version():
    made = [uuid.UUID(text.decode()) for text in random_uuids(500)]
    assert len(set(made)) == 500
    assert {(one.version, one.variant) for one in made} == {(4, uuid.RFC_4122)}
    assert random_uuids(0) == []
