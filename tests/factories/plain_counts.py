"""The stored counts once more, counted in plain Python over all rows: slow, and nothing of it is shared with the SQL."""

import math
from collections import Counter, defaultdict
from datetime import date

from leaderboards.models import (
    BoardCount,
    Claim,
    DatasetCount,
    DatasetYear,
    Leaderboard,
    Measurement,
    Metric,
    Score,
    TaskBoards,
)
from papers.models import (
    Area,
    AreaCount,
    Author,
    AuthorCount,
    Dataset,
    FrameworkMonth,
    Method,
    MethodCount,
    MethodYear,
    MonthCount,
    Paper,
    PaperAuthor,
    PaperCount,
    PaperMethod,
    PaperRepository,
    PaperStars,
    PaperTask,
    Proceeding,
    ProceedingCount,
    Repository,
    RepositoryCount,
    RepositoryStars,
    StarObservation,
    Task,
    TaskCount,
    Total,
)

BEST = ["best_claim_id", "best_score_id", "best_value", "best_is_doubtful"]
COLUMNS = {
    PaperCount: (["paper_id"], ["code_links", "has_official"]),
    TaskCount: (["task_id"], ["papers", "papers_with_code"]),
    MethodCount: (["method_id"], ["papers"]),
    MethodYear: (["method_id", "year"], ["papers"]),
    AuthorCount: (["author_id"], ["papers"]),
    RepositoryCount: (["repository_id"], ["papers"]),
    AreaCount: (["area_id"], ["tasks"]),
    MonthCount: (["month"], ["papers", "papers_with_code"]),
    FrameworkMonth: (["month", "framework"], ["papers"]),
    ProceedingCount: (["proceeding_id"], ["papers"]),
    RepositoryStars: (["repository_id"], ["stars", "observed_on", "a_day"]),
    PaperStars: (["paper_id"], ["stars", "observed_on", "a_day"]),
    BoardCount: (["board_id"], ["results", "measurements", "papers", *BEST]),
    TaskBoards: (["task_id"], ["boards", "results", "papers_with_result"]),
    DatasetCount: (["dataset_id"], ["boards", "results", "papers"]),
    DatasetYear: (["dataset_id", "year"], ["papers"]),
}


def stored_counts():
    """Every stored count, {table: {key: figures}}; totals that are zero are left out."""
    found = {table.__name__: _rows(table, keys, figures) for table, (keys, figures) in COLUMNS.items()}
    return {**found, "Total": {total.name: total.number for total in Total.objects.all() if total.number}}


def _rows(table, keys, figures):
    rows = table.objects.values_list(*keys, *figures)
    return {row[: len(keys)] if len(keys) > 1 else row[0]: row[len(keys) :] for row in rows}


def plain_counts():
    """What `stored_counts` should be."""
    shown = _Shown()
    found = {**_catalogue(shown), **_trends(shown), **_stars(shown), **_boards(shown)}
    totals = {
        "papers": len(shown.papers),
        "papers_with_code": len(found["PaperCount"]),
        "papers_with_stars": len(found["PaperStars"]),
        "tasks": len(shown.tasks),
        "methods": len(shown.methods),
        "datasets": len(shown.datasets),
        "boards": len(shown.boards),
        "results": sum(figures[0] for figures in found["BoardCount"].values()),
    }
    return {**found, "Total": {name: number for name, number in totals.items() if number}}


class _Shown:
    """The rows that the public sees."""

    def __init__(self):
        self.papers = {row.pk: row for row in Paper.objects.all() if not row.removed_at and not row.duplicate_of_id}
        self.tasks, self.methods, self.datasets = (
            {row.pk for row in table.objects.all() if not row.removed_at and not row.spam_reason}
            for table in (Task, Method, Dataset)
        )
        self.authors, self.repositories, self.areas = (
            {row.pk for row in table.objects.all() if not row.removed_at} for table in (Author, Repository, Area)
        )
        self.boards = {
            row.pk: row
            for row in Leaderboard.objects.all()
            if not row.removed_at and row.task_id in self.tasks and row.dataset_id in self.datasets
        }
        self.claims = [row for row in Claim.objects.all() if not row.removed_at]
        self.code = [
            link
            for link in PaperRepository.objects.all()
            if not link.removed_at and link.paper_id in self.papers and link.repository_id in self.repositories
        ]


def _catalogue(shown):
    code = defaultdict(list)
    for link in shown.code:
        code[link.paper_id].append(bool(link.is_official))
    tagged = [(tag.paper_id, tag.task_id) for tag in PaperTask.objects.all() if tag.paper_id in shown.papers]
    used = [(use.paper_id, use.method_id) for use in PaperMethod.objects.all() if use.paper_id in shown.papers]
    wrote = {(place.paper_id, place.author_id) for place in PaperAuthor.objects.all()}
    years = Counter(
        (method, shown.papers[paper].date.year) for paper, method in used if method in shown.methods and shown.papers[paper].date
    )
    return {
        "PaperCount": {paper: (len(links), any(links)) for paper, links in code.items()},
        "TaskCount": {
            task: (
                sum(tag == task for _, tag in tagged),
                sum(tag == task and paper in code for paper, tag in tagged),
            )
            for task in shown.tasks
        },
        "MethodCount": {method: (sum(one == method for _, one in used),) for method in shown.methods},
        "MethodYear": {key: (number,) for key, number in years.items()},
        "AuthorCount": _alone(author for paper, author in wrote if paper in shown.papers and author in shown.authors),
        "RepositoryCount": _alone(link.repository_id for link in shown.code),
        "AreaCount": {
            area: (len({task.pk for task in Area.objects.get(pk=area).tasks.all()} & shown.tasks),) for area in shown.areas
        },
    }


def _trends(shown):
    months = {pk: 12 * paper.date.year + paper.date.month - 1 for pk, paper in shown.papers.items() if paper.date}
    with_code = {link.paper_id for link in shown.code}
    written = {
        (link.paper_id, (link.framework or "").strip(" ").lower() or "none") for link in shown.code if link.paper_id in months
    }
    meetings = {row.pk for row in Proceeding.objects.all() if not row.removed_at}
    return {
        "MonthCount": {
            month: (number, sum(months.get(paper) == month for paper in with_code))
            for month, number in Counter(months.values()).items()
        },
        "FrameworkMonth": {
            key: (number,) for key, number in Counter((months[paper], framework) for paper, framework in written).items()
        },
        "ProceedingCount": _alone(paper.proceeding_id for paper in shown.papers.values() if paper.proceeding_id in meetings),
    }


def _stars(shown):
    seen = defaultdict(list)
    for row in StarObservation.objects.order_by("observed_on"):
        seen[row.repository_id].append(row)
    stars = {}
    for repository in seen.keys() & shown.repositories:
        *_, before, last = [None, *seen[repository]]
        days = (last.observed_on - before.observed_on).days if before else None
        stars[repository] = (last.stars, last.observed_on, (last.stars - before.stars) / days if before else None)
    links = defaultdict(list)
    for link in shown.code:
        if link.repository_id in stars:
            figures = stars[link.repository_id]
            links[link.paper_id].append((not link.is_official, -figures[0], link.pk, figures))
    return {"RepositoryStars": stars, "PaperStars": {paper: min(found)[3] for paper, found in links.items()}}


def _alone(keys):
    return {key: (number,) for key, number in Counter(keys).items()}


def _boards(shown):
    stands = [row for row in Measurement.objects.all() if row.published_at and not row.superseded_by_id and not row.retracted_at]
    counts, papers = {}, {}
    for board in shown.boards:
        claims = [claim for claim in shown.claims if claim.leaderboard_id == board]
        measured = [row for row in stands if row.leaderboard_id == board]
        results = len(claims) + sum(row.claim_id is None for row in measured)
        papers[board] = {claim.paper_id for claim in claims} & shown.papers.keys()
        counts[board] = (results, len(measured), len(papers[board]), *_best(board, claims))
    found = {"BoardCount": counts, "TaskBoards": {}, "DatasetCount": {}, "DatasetYear": {}}
    for table, things, column in (("TaskBoards", shown.tasks, "task_id"), ("DatasetCount", shown.datasets, "dataset_id")):
        for thing in things:
            own = [pk for pk, board in shown.boards.items() if getattr(board, column) == thing]
            with_result = set().union(*(papers[board] for board in own))
            found[table][thing] = (len(own), sum(counts[board][0] for board in own), len(with_result))
            if table == "DatasetCount":
                years = Counter(shown.papers[paper].date.year for paper in with_result if shown.papers[paper].date)
                found["DatasetYear"].update({(thing, year): (number,) for year, number in years.items()})
    return found


def _best(board, claims):
    metrics = sorted(Metric.objects.filter(leaderboard=board), key=lambda metric: (metric.position, metric.pk))
    known = {claim.pk: claim for claim in claims}
    metrics = [metric for metric in metrics if metric.direction != "none"]
    if not metrics:
        return (None,) * len(BEST)
    sign = -1 if metrics[0].direction == "higher" else 1
    ranked = []
    for score in Score.objects.filter(metric=metrics[0]):
        claim = known.get(score.claim_id)
        if claim and score.value is not None and math.isfinite(score.value):
            day = claim.paper_date or (claim.paper and claim.paper.date) or date.max
            ranked.append((sign * score.value, day, claim.pk, score))
    if not ranked:
        return (None,) * len(BEST)
    best = min(ranked, key=lambda entry: entry[:3])[3]
    return best.claim_id, best.pk, best.value, best.is_doubtful
