"""The settings as a whole: they start, refuse what is wrong in one line, and keep their promises."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import psycopg2.errors
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from portal.checks import owner_role_is_separate
from portal.database_roles import grant_runtime_rights
from portal.security import https_settings

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments, **variables):
    """Run a command with the given environment beside the bare necessities."""
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("DATABASE_URL", "mysql://x"), ("REDIS_URL", "x"), ("WORKER_DEVICE", "tpu"), ("DEBUG", "2")],
)
def test_a_bad_value_stops_the_start_with_one_line(tmp_path, name, value):
    done = manage("check", VAR_DIR=str(tmp_path), **{name: value})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{name} ")
    assert done.stderr.count("\n") == 1


def test_the_website_loads_no_model_library(tmp_path):
    """What import-linter cannot see: whether an import that is allowed happens as soon as the website starts."""
    heavy = {"torch", "transformers", "lm_eval", "datasets"}
    code = f"import sys, portal.wsgi, portal.urls; print(sorted({heavy} & set(sys.modules)))"
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("[]\n", 0)


def test_the_secret_key_is_made_once_and_private(tmp_path):
    var_dir = tmp_path / "var"
    assert manage("check", VAR_DIR=str(var_dir)).returncode == 0
    key = (var_dir / "secret_key").read_text()
    assert len(key) >= 50
    assert stat.S_IMODE((var_dir / "secret_key").stat().st_mode) == 0o600
    assert manage("check", VAR_DIR=str(var_dir)).returncode == 0
    assert (var_dir / "secret_key").read_text() == key


def test_a_command_without_a_database_starts_no_servers(tmp_path):
    assert manage("check", VAR_DIR=str(tmp_path)).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret_key"]


def test_migrations_are_up_to_date(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_site_runs_as_a_role_that_cannot_alter_tables(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (settings.DATABASES["default"]["USER"], False, False, False)
    assert settings.DATABASES["default"]["USER"] != settings.DATABASES["owner"]["USER"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE accounts_user ADD COLUMN mine int",
        "DROP TABLE accounts_user",
        "TRUNCATE accounts_user CASCADE",
        "UPDATE workers_runevent SET id = 1",
        "DELETE FROM workers_runevent",
        "DELETE FROM django_migrations",
        "CREATE ROLE mine",
    ],
)
def test_the_runtime_role_cannot(db, statement):
    with connection.connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


def test_every_table_has_the_rights_that_the_site_needs(db):
    searched = dict.fromkeys(["papers_search", "papers_search_added", "papers_search_title"], "r")
    logs = [
        "leaderboards_submissionevent",
        "papers_brakelift",
        "papers_braketrip",
        "papers_change",
        "workers_fault",
        "workers_runevent",
    ]
    rights = {"django_migrations": "r", **dict.fromkeys(logs, "ar"), **searched}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, string_agg(left(lower(privilege_type), 2), '' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants WHERE grantee = current_user AND table_schema = 'public'"
            " GROUP BY table_name"
        )
        granted = dict(cursor.fetchall())
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {name for (name,) in cursor.fetchall()}
    spelled = {"ar": "inse", "r": "se"}
    assert granted == {table: spelled.get(rights.get(table, ""), "deinseup") for table in tables}


def test_a_right_that_was_given_by_hand_goes_with_the_next_migration(db, owner_connection):
    role = settings.DATABASES["default"]["USER"]
    with owner_connection, owner_connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON workers_runevent TO {role}")
    tables = grant_runtime_rights(
        _Committing(owner_connection),
        runtime_role=role,
        append_only=settings.APPEND_ONLY_TABLES,
        read_only=settings.READ_ONLY_TABLES,
    )
    assert tables > 20
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'workers_runevent', 'DELETE')", [role])
        assert cursor.fetchone() == (False,)


class _Committing:
    """A plain connection where Django's is expected: each block of statements is committed."""

    def __init__(self, plain):
        self._plain = plain

    def cursor(self):
        self._plain.autocommit = True
        return self._plain.cursor()


def test_a_single_role_is_warned_about(settings):
    settings.DATABASE_OWNER_IS_SEPARATE = True
    assert owner_role_is_separate(None) == []
    settings.DATABASE_OWNER_IS_SEPARATE = False
    assert [warning.id for warning in owner_role_is_separate(None)] == ["portal.W001"]


def test_https_is_asked_for_only_where_it_is_spoken():
    plain = https_settings(https=False, hsts_seconds=3600, trust_forwarded_proto=False)
    assert (plain["SESSION_COOKIE_SECURE"], plain["SECURE_SSL_REDIRECT"], plain["SECURE_HSTS_SECONDS"]) == (False, False, 0)
    assert "SECURE_PROXY_SSL_HEADER" not in plain
    behind = https_settings(https=True, hsts_seconds=3600, trust_forwarded_proto=True)
    assert (behind["CSRF_COOKIE_SECURE"], behind["SECURE_HSTS_SECONDS"]) == (True, 3600)
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_every_answer_carries_the_policy(client, db):
    response = client.get("/admin/login/")
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert (response["X-Frame-Options"], response["Referrer-Policy"]) == ("DENY", "same-origin")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_message_is_handed_out_again_after_the_same_time_everywhere():
    from portal.celery import app

    seconds = app.conf.visibility_timeout
    assert seconds == 12 * 3600
    assert app.conf.broker_transport_options["visibility_timeout"] == seconds
    assert app.conf.result_backend_transport_options["visibility_timeout"] == seconds


def test_a_worker_takes_one_message_and_acknowledges_it_at_once():
    from portal.celery import app

    assert app.conf.task_acks_late is False
    assert (app.conf.worker_prefetch_multiplier, app.conf.worker_disable_prefetch) == (1, True)
    assert app.conf.task_ignore_result is True
    assert app.conf.accept_content == ["json"]


def test_cached_keys_expire(db):
    from django.core.cache import cache

    cache.set("a-page", "text")
    client = cache._cache.get_client(write=True)
    assert 0 < client.ttl(cache.make_key("a-page")) <= 300
    cache.delete("a-page")
