"""Changes of a catalogue by chance, so that counts are tried in orders that nobody thought of."""

import random
from datetime import date
from uuid import uuid4

from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Measurement, Metric, Score
from papers import history
from papers.models import (
    Area,
    Author,
    Dataset,
    Method,
    Paper,
    PaperAuthor,
    PaperMethod,
    PaperRepository,
    PaperTask,
    Proceeding,
    Repository,
    StarObservation,
    Task,
)
from tests.factories.catalogue import (
    make_area,
    make_author,
    make_board,
    make_code_link,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_protocol

DAYS = [None, date(2019, 3, 1), date(2020, 1, 1), date(2020, 12, 31), date(2021, 6, 1)]
FRAMEWORKS = [None, "", "none", "pytorch", "tf", " PyTorch"]
VALUES = [None, 0.0, 1.0, 1.0, 2.5, -3.0, float("nan"), float("inf"), 90.0]

ACTIONS = (
    "make_paper", "claim", "remove_or_restore", "remove_many", "restore_many", "judge", "retag", "use_another", "unlink", "link", "relink_code",
    "redate", "merge", "rescore", "turn", "reorder", "move_claim", "move_board", "measure", "change_measurement", "delete", "delete_claim",
    "change_areas", "reframe", "convene", "observe", "forget",
)  # fmt: skip


class Chance:
    """Random changes of a small catalogue, so small that they often meet."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tasks = [make_task(name=f"T{n}", areas=[make_area(name=f"A{n % 2}")]) for n in range(3)]
        for number in range(2):
            make_method(name=f"M{number}")
        for number in range(2):
            make_proceeding(name=f"C 202{number}", conference="C")
        for _ in range(3):
            make_repository()
        for task in self.tasks[:2]:
            for number in range(2):
                make_board(task=task, dataset=make_dataset(name=f"D{number}"), metrics=("Accuracy", "Error"))
        for _ in range(4):
            self.make_paper()
        for _ in range(6):
            self.claim()

    def act(self):
        """Do one thing; what it was called."""
        name = self.random.choice(ACTIONS)
        getattr(self, name)()
        return name

    def some(self, table):
        """A row of the table, if it has any."""
        return self.random.choice(list(table.objects.order_by("pk")) or [None])

    def make_paper(self):
        paper = make_paper(
            date=self.random.choice(DAYS), authors=self.random.choices("XYZ", k=2), tasks=self.random.sample(self.tasks, 2), methods=Method.objects.order_by("pk")[:1],
            repositories=list(Repository.objects.order_by("pk"))[: self.random.randint(0, 2)],
        )  # fmt: skip
        for link in paper.code_links.all():
            PaperRepository.objects.filter(pk=link.pk).update(framework=self.random.choice(FRAMEWORKS))

    def claim(self):
        scores = {name: "1" for name in ("Accuracy", "Error") if self.random.random() < 0.8}
        claim = make_result(self.some(Leaderboard), scores=scores, paper=self.some(Paper), paper_date=self.random.choice(DAYS))
        for score in claim.scores.all():
            Score.objects.filter(pk=score.pk).update(value=self.random.choice(VALUES))

    def observe(self):
        StarObservation.objects.update_or_create(
            repository=self.some(Repository),
            observed_on=self.random.choice(DAYS[1:]),
            defaults={"stars": self.random.randint(0, 3)},
        )

    def forget(self):
        if seen := self.some(StarObservation):
            seen.delete()

    def remove_or_restore(self):
        tables = [Paper, Paper, Claim, Task, Method, Dataset, Leaderboard, PaperRepository, Repository, Author, Area, Proceeding]
        row = self.some(self.random.choice(tables))
        if row is None:
            return
        if row.removed_at:
            history.restore(row)
        else:
            history.remove(row, reason="Chance.")

    def remove_many(self):
        odd = [paper.pk for paper in Paper.objects.all() if paper.pk % 2]
        Paper.objects.filter(pk__in=odd).update(removed_at=timezone.now(), removed_reason="Chance.")

    def restore_many(self):
        Paper.objects.update(removed_at=None, removed_reason="")

    def judge(self):
        row = self.some(self.random.choice([Task, Method, Dataset]))
        row.spam_reason = "" if row.spam_reason else "An address."
        row.save()

    def retag(self):
        link = self.some(PaperTask)
        taken = PaperTask.objects.filter(paper=link.paper).values("task") if link else ()
        if link and (free := Task.objects.exclude(pk__in=taken).first()):
            PaperTask.objects.filter(pk=link.pk).update(task=free)

    def use_another(self):
        link = self.some(PaperMethod)
        taken = PaperMethod.objects.filter(paper=link.paper).values("method") if link else ()
        if link and (free := Method.objects.exclude(pk__in=taken).first()):
            link.method = free
            link.save()

    def unlink(self):
        if row := self.some(self.random.choice([PaperTask, PaperMethod, PaperAuthor, PaperRepository])):
            row.delete()

    def link(self):
        paper = self.some(Paper)
        PaperTask.objects.bulk_create(
            [PaperTask(paper=paper, task=task, position=9) for task in self.tasks], ignore_conflicts=True
        )
        PaperMethod.objects.bulk_create(
            [PaperMethod(paper=paper, method=method, position=9) for method in Method.objects.all()], ignore_conflicts=True
        )
        PaperAuthor.objects.get_or_create(paper=paper, position=5, defaults={"author": make_author(name="W")})
        repository = self.some(Repository) or make_repository()
        if not PaperRepository.objects.filter(paper=paper, repository=repository).exists():
            make_code_link(paper, repository)

    def relink_code(self):
        if link := self.some(PaperRepository):
            link.is_official = self.random.choice([None, True, False])
            other = self.some(Repository)
            if not PaperRepository.objects.filter(paper=link.paper, repository=other).exists():
                link.repository = other
            link.save()

    def redate(self):
        papers = list(Paper.objects.all())
        for paper in papers:
            paper.date = self.random.choice(DAYS)
        Paper.objects.bulk_update(papers, ["date"])

    def merge(self):
        one, other = self.some(Paper), self.some(Paper)
        Paper.objects.filter(pk=one.pk).update(duplicate_of=None if one.duplicate_of_id or one == other else other)

    def rescore(self):
        if score := self.some(Score):
            score.value, score.is_doubtful = self.random.choice(VALUES), self.random.random() < 0.5
            score.save()

    def turn(self):
        metric = self.some(Metric)
        metric.direction = self.random.choice(["higher", "lower", "none"])
        metric.save()

    def reorder(self):
        metrics = list(self.some(Leaderboard).metrics.all())
        for metric in metrics:
            metric.position = self.random.randint(0, 2)
        Metric.objects.bulk_update(metrics, ["position"])

    def move_claim(self):
        if claim := self.some(Claim):
            board = self.some(Leaderboard)
            if board.pk != claim.leaderboard_id:
                claim.scores.all().delete()
            claim.leaderboard, claim.paper, claim.paper_date = board, self.some(Paper), self.random.choice(DAYS)
            claim.save()

    def move_board(self):
        board = self.some(Leaderboard)
        board.dataset = self.some(Dataset)
        board.save()

    def measure(self):
        board = self.some(Leaderboard)
        claim = board.claims.order_by("pk").first() if self.random.random() < 0.5 else None
        Measurement.objects.create(
            leaderboard=board, metric=board.metrics.first(), claim=claim, model_name="M", protocol=make_protocol(), value=1.0, items=4,
            run_id=uuid4(), measured_at=timezone.now(), published_at=self.random.choice([None, timezone.now()]),
        )  # fmt: skip

    def change_measurement(self):
        if measurement := self.some(Measurement):
            now = timezone.now()
            measurement.published_at = self.random.choice([None, now])
            measurement.retracted_at, measurement.retraction_reason = self.random.choice([(None, ""), (now, "Wrong.")])
            measurement.superseded_by = self.random.choice([None, self.some(Measurement)])
            measurement.save()

    def delete(self):
        table = self.random.choice([Paper, Score, Author, Method, Repository, Area])
        if table.objects.count() > 1:
            self.some(table).delete()

    def delete_claim(self):
        claim = self.some(Claim)
        if claim and not claim.measurements.exists():
            claim.delete()

    def change_areas(self):
        areas = list(Area.objects.order_by("pk"))
        self.some(Task).areas.set(self.random.sample(areas, self.random.randint(0, len(areas))))

    def reframe(self):
        if link := self.some(PaperRepository):
            link.framework = self.random.choice(FRAMEWORKS)
            link.save()

    def convene(self):
        Paper.objects.filter(pk=self.some(Paper).pk).update(proceeding=self.random.choice([None, self.some(Proceeding)]))
