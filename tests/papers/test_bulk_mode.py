"""A load without indexes: what was taken away is back afterwards, whatever happens."""

import pytest
from django.db import transaction

from papers.archive.bulk_mode import without_indexes
from papers.archive.session import OWNER, Session
from papers.models import ArchiveImport, Source

pytestmark = pytest.mark.usefixtures("committed_db")

TABLES = ("papers_paper", "papers_paperauthor", "papers_author")
SHAPE = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY(%s::regclass[])
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)
UNION ALL SELECT tgname || tgrelid::regclass, tgenabled::text FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal
ORDER BY 1, 2
"""


@pytest.fixture
def session():
    record = ArchiveImport.objects.using(OWNER).create(source="archive")
    return Session(Source.ARCHIVE, record.pk, dump="papers-with-abstracts", is_baseline=True)


def shape(session):
    return session.rows(SHAPE, [list(TABLES)] * 3)


def test_indexes_constraints_and_triggers_are_as_they_were_after_a_load(session):
    with transaction.atomic(using=OWNER):
        session.begin()
        before = shape(session)
        with without_indexes(session, TABLES):
            inside = shape(session)
            session.run("INSERT INTO papers_author (public_id, source, archive_raw, archive_absent, archive_extra, archive_dumps,"
                        " edited_fields, removed_reason, created_at, updated_at, name, slug) SELECT gen_random_uuid(), 'archive', '{}', '{}',"
                        " '{}', '{}', '{}', '', now(), now(), 'Ada', 'ada'")  # fmt: skip
        assert shape(session) == before
        assert len(inside) < len(before) - 10
        assert {"papers_paperauthor_pkey", "papers_author_pkey"} <= {name for name, _ in before}
        assert "papers_paperauthor_pkey" not in {name for name, _ in inside}
    assert session.seconds["indexes"] > 0


def test_a_load_that_is_broken_off_leaves_them_too(session):
    with transaction.atomic(using=OWNER):
        session.begin()
        before = shape(session)

    def load():
        with transaction.atomic(using=OWNER):
            session.begin()
            with without_indexes(session, TABLES):
                raise KeyError("broken off")

    with pytest.raises(KeyError):
        load()
    with transaction.atomic(using=OWNER):
        session.begin()
        assert shape(session) == before


def test_a_repeated_row_that_slipped_in_is_refused_when_the_index_comes_back(session):
    def load():
        with transaction.atomic(using=OWNER):
            session.begin()
            with without_indexes(session, TABLES):
                for _ in range(2):
                    session.run("INSERT INTO papers_author (public_id, source, archive_raw, archive_absent, archive_extra, archive_dumps,"
                                " edited_fields, removed_reason, created_at, updated_at, name, slug) SELECT gen_random_uuid(), 'archive',"
                                " '{}', '{}', '{}', '{}', '{}', '', now(), now(), 'Ada', 'ada'")  # fmt: skip

    with pytest.raises(Exception, match="slug"):
        load()
