"""The database wrapper's connections."""

from contextlib import closing

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection

from portal.postgres.base import losses_named
from tests.factories.catalogue import make_paper


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def plain_parameters():
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    return parameters


@pytest.mark.django_db
def test_an_open_connection_is_usable_and_is_asked_nothing(django_assert_num_queries):
    backend()
    with django_assert_num_queries(0):
        assert connection.is_usable()


@pytest.mark.django_db
def test_a_connection_whose_transaction_was_broken_off_is_not_usable():
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert not connection.is_usable()


def test_a_connection_that_the_server_ended_is_given_up_unasked(committed_db):
    ended = backend()
    with closing(psycopg2.connect(**plain_parameters())) as other, other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    assert not connection.is_usable()


def test_the_request_after_the_server_ended_the_connection_is_answered(committed_db, client):
    paper = make_paper()
    ended = backend()
    with closing(psycopg2.connect(**plain_parameters())) as other, other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    connection.close_if_unusable_or_obsolete()  # what Django does as a request begins
    assert client.get(f"/paper/{paper.slug}").status_code == 200
    assert backend() != ended


@pytest.mark.parametrize(
    ("raised", "named"),
    [
        (
            psycopg2.DatabaseError("server closed the connection unexpectedly"),
            OperationalError,
        ),  # as psycopg2 says it now and then
        (psycopg2.OperationalError("server closed the connection unexpectedly"), OperationalError),
        (psycopg2.IntegrityError("there is one"), IntegrityError),
    ],
)
@pytest.mark.django_db
def test_a_lost_connection_is_told_from_what_the_server_complains_of(raised, named):
    with pytest.raises(DatabaseError) as caught, losses_named(), connection.wrap_database_errors:
        raise raised
    assert type(caught.value) is named
