"""Every test runs on a real Postgres and a real Redis: those that DATABASE_URL names, or throw-away ones of our own."""

import os
import shutil
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Rows that migrations write and every process expects.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}

_servers = ExitStack()
# The hub's packages read this when they are first imported, by whichever test: never the cache of whoever runs the tests.
_hub_folder = _servers.enter_context(tempfile.TemporaryDirectory(prefix="hub-tests-"))
os.environ.update({"HF_HOME": _hub_folder, "HF_HUB_CACHE": f"{_hub_folder}/hub", "HF_DATASETS_CACHE": f"{_hub_folder}/datasets"})


def pytest_configure(config):
    """Start the servers before Django reads its settings; pytest-django sets Django up after this."""
    is_one_of_many = hasattr(config, "workerinput")
    has_many = bool(getattr(config.option, "numprocesses", None)) and not is_one_of_many
    if has_many and os.environ.get("DATABASE_URL"):
        raise pytest.UsageError("Tests in several processes need a database each: unset DATABASE_URL, or say -n 0.")
    if config.option.help or has_many:
        return  # the processes that run the tests start servers of their own
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    # What a test has not committed notifies nobody: pages are kept only where a test says so.
    os.environ["PAGE_CACHE_MB"] = "0"
    # Nor does the API count what tests ask for, but where a test says so.
    os.environ["API_ADDRESS_PER_MINUTE"] = "0"
    if not os.environ.get("DATABASE_URL"):
        _start_throw_away_servers()
    settings.DATABASES  # noqa: B018 (loads the settings: pytest-django sets up only what is loaded)


def pytest_collection_modifyitems(items):
    """Files marked long begin first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_unconfigure(config):
    """Stop them and remove what they left."""
    _servers.close()


def _start_throw_away_servers():
    from portal import embedded
    from portal.embedded import home

    var_dir = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    var_dir.chmod(0o711)  # as `make up` makes it: the servers' account passes through
    (var_dir / "static").mkdir()
    _servers.callback(home.remove, var_dir)
    # A test that waits for a service of this machine must not find that of a developer's running site.
    os.environ["VAR_DIR"] = str(var_dir)
    lease = _servers.enter_context(embedded.running(var_dir))
    os.environ.update(lease.addresses.environment())
    _set_for_tests(var_dir)


def _set_for_tests(var_dir):
    """Do not wait for the disk: nobody needs this database after the power went out, and a killed server still loses nothing.

    Nor vacuum in the background: it takes tables for empty while the rows of a test are not committed, and plans are chosen by that.
    """
    from portal.embedded.addresses import ADMIN_ROLE, postgres_url, read_passwords, socket_note

    sockets = Path(socket_note(var_dir).read_text())
    address = postgres_url(sockets, role=ADMIN_ROLE, password=read_passwords(var_dir).admin)
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True  # ALTER SYSTEM refuses a transaction
        with connection.cursor() as cursor:
            for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
                cursor.execute(f"ALTER SYSTEM SET {name} = off")
            cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Migrate by the owner role; the tests themselves run as the runtime role. The cluster is thrown away, so no test_ copy."""
    from django.core.management import call_command
    from django.db import connections

    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        connections["owner"].close()


@pytest.fixture
def owner_connection(django_db_setup):
    """A connection of its own by the owner role. It does not see what a test has not committed."""
    connection = _connect("owner")
    yield connection
    connection.close()


@pytest.fixture
def committed_db(django_db_setup, django_db_blocker):
    """The database without a transaction around the test, for tests with processes beside them; emptied afterwards.

    Use this, not `transactional_db`: Django empties tables by TRUNCATE, which the runtime role may not do.
    """
    yield from _committed(django_db_blocker)


@pytest.fixture(scope="module")
def committed_db_of_module(django_db_setup, django_db_blocker):
    """As `committed_db`, for tests that only read, one after the other, what one fixture of their module wrote."""
    yield from _committed(django_db_blocker)


def _committed(django_db_blocker):
    from django.core.cache import cache
    from django.db import connections

    with django_db_blocker.unblock():
        empty_tables()
        cache.clear()
        yield
        connections.close_all()
        empty_tables()
        cache.clear()


def empty_tables():
    """Only what has rows is emptied: TRUNCATE of all tables makes some hundred files anew, twice a test."""
    with closing(_connect("owner")) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({name for (name,) in cursor.fetchall()} - KEPT_TABLES)
        cursor.execute(" UNION ALL ".join(f"""SELECT '{name}' WHERE EXISTS (SELECT FROM public."{name}")""" for name in tables))
        filled = ", ".join(f'public."{name}"' for (name,) in cursor.fetchall())
        if filled:
            cursor.execute(f"TRUNCATE {filled} CASCADE")
        # as RESTART IDENTITY, but also where rows were taken back
        cursor.execute(
            """
            SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
            WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename <> ALL(%s)
            """,
            [[f"{name}_id_seq" for name in KEPT_TABLES]],
        )


def _connect(alias):
    found = settings.DATABASES[alias]
    return psycopg2.connect(
        dbname=found["NAME"], user=found["USER"], password=found["PASSWORD"], host=found["HOST"], port=found["PORT"] or None
    )


@pytest.fixture(scope="session")
def shared_data():
    """The folder of sample data."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        absent(f"sample data: {folder} is not there (set SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    absent("a browser: no chromium on the PATH")


def absent(what):
    """Skip with one line; where CI is set, everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(f"needs {what}", pytrace=False)
    pytest.skip(f"needs {what}")
