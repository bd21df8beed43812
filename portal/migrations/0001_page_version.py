"""Triggers that say, with the commit, that something changed which a page can show."""

from django.db import migrations

TABLES = (
    "papers_area", "papers_areacount", "papers_archiveexport", "papers_author", "papers_authorcount", "papers_conference",
    "papers_dataset", "papers_dataset_tasks", "papers_exportedfile", "papers_method", "papers_method_collections",
    "papers_methodcollection", "papers_methodcount", "papers_methodyear", "papers_paper", "papers_paperauthor",
    "papers_papercount", "papers_papermethod", "papers_paperrepository", "papers_papertask", "papers_proceeding",
    "papers_relatedpapers", "papers_repository", "papers_repositorycount", "papers_slughistory", "papers_task",
    "papers_task_areas", "papers_taskcount", "papers_taskedge", "papers_total", "leaderboards_boardcount",
    "leaderboards_claim", "leaderboards_datasetcount", "leaderboards_datasetyear", "leaderboards_leaderboard",
    "leaderboards_measurement", "leaderboards_metric", "leaderboards_model", "leaderboards_protocol", "leaderboards_score",
    "leaderboards_taskboards", "workers_checkpoint", "workers_claimmapping",
)  # fmt: skip

# The payload is the host that the change was made on (portal/page_version.py): there the page cache knows it already.
FUNCTION = """
CREATE FUNCTION portal_pages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('pages', current_setting('application_name'));
    RETURN NULL;
END
$$
"""

TRIGGER = """
CREATE TRIGGER portal_pages_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION portal_pages_changed()
"""

# Of runs a page shows the state: what a worker writes while it works, many times a minute, is on the run's own page alone.
RUN_TRIGGERS = """
CREATE TRIGGER portal_pages_changed AFTER INSERT OR DELETE OR TRUNCATE ON workers_run
FOR EACH STATEMENT EXECUTE FUNCTION portal_pages_changed();
CREATE TRIGGER portal_pages_changed_state AFTER UPDATE OF state ON workers_run
FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION portal_pages_changed()
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("papers", "0007_long_rows"), ("leaderboards", "0005_search"), ("workers", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION portal_pages_changed()"),
        *(migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER portal_pages_changed ON {table}") for table in TABLES),
        migrations.RunSQL(
            RUN_TRIGGERS,
            "DROP TRIGGER portal_pages_changed ON workers_run; DROP TRIGGER portal_pages_changed_state ON workers_run",
        ),
    ]
