"""Small dumps, and what an import of them leaves."""

from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers.models import Author, Dataset, Method, Paper, PaperRepository, Proceeding, Repository, Source, Task
from portal.archive_import import import_paths
from portal.var_dir import BASE_DIR

SEED_SLUG = "gpt-neox-20b-an-open-source-autoregressive-1"
DEMO = BASE_DIR / "portal" / "demo"
TABLES = (Paper, Author, Task, Dataset, Method, Proceeding, Repository, PaperRepository, Leaderboard, Claim)


def load(*paths, source=Source.ARCHIVE):
    return import_paths(paths, source=source)


def counts(report):
    return {file.path.name: (file.new, file.changed, file.same, file.repeated, file.rejected) for file in report.files}


def snapshot():
    """Every row that an import writes, with its time of change."""
    rows = {table.__name__: list(table.objects.order_by("pk").values()) for table in (*TABLES, Metric, Score)}
    through = (Paper.authors.through, Paper.tasks.through, Paper.methods.through, Task.children.through, Task.areas.through)
    return rows | {table.__name__: list(table.objects.order_by("pk").values()) for table in through}


def paper_row(slug="a-paper", **values):
    return {"paper_url": f"https://paperswithcode.com/paper/{slug}", "title": "A paper", "authors": [], "tasks": [], **values}


def link_row(slug="a-paper", url="https://github.com/some/code", **values):
    return {
        "paper_url": f"https://paperswithcode.com/paper/{slug}",
        "paper_title": "A paper",
        "repo_url": url,
        "is_official": False,
        **values,
    }


def table_rows(*results, task="Task", dataset="Data", metrics=("Accuracy",)):
    rows = [{"model_name": "Model", "metrics": {"Accuracy": "1"}, **result} for result in results]
    return [{"task": task, "datasets": [{"dataset": dataset, "sota": {"metrics": list(metrics), "rows": rows}}]}]
