"""What the runtime role may do: work with rows, never with tables, and never rewrite history."""

from collections.abc import Sequence

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

ROWS = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"
READ = "SELECT"
MIGRATIONS_TABLE = "django_migrations"


def grant_runtime_rights(
    owner: BaseDatabaseWrapper, *, runtime_role: str, append_only: Sequence[str], read_only: Sequence[str]
) -> int:
    """Give the runtime role its rights on every table of the schema and return how many tables there are.

    All rights are taken away first, so that a right that was once given by hand, or by an older version, does not stay.
    """
    with owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [row[0] for row in cursor.fetchall()]
        for statement in _statements(tables, role=sql.Identifier(runtime_role), append_only=append_only, read_only=read_only):
            cursor.execute(statement)
    return len(tables)


def _statements(
    tables: Sequence[str], *, role: sql.Identifier, append_only: Sequence[str], read_only: Sequence[str]
) -> list[sql.Composable]:
    statements: list[sql.Composable] = [
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(role),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role),
        sql.SQL("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
    ]
    for table in tables:
        rights = READ if table == MIGRATIONS_TABLE or table in read_only else APPEND if table in append_only else ROWS
        grant = sql.SQL("GRANT {} ON TABLE public.{} TO {}")
        statements.append(grant.format(sql.SQL(rights), sql.Identifier(table), role))
    return statements
