"""A catalogue with one thing of every kind that has a page: as much on each as a page can show, or nothing at all."""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.utils import timezone

from leaderboards.models import Leaderboard, Measurement
from papers.models import Area, Author, Dataset, Method, MethodCollection, Paper, Proceeding, Task
from tests.factories.catalogue import (
    make_area,
    make_author,
    make_board,
    make_collection,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_repository,
    make_result,
    make_task,
)
from tests.factories.runs import make_checkpoint, make_mapping, make_planned_run, make_protocol, make_worker
from workers.models import Run

LONG = "A name of a thing that somebody gave so many words that it takes two lines on a desk and six on a phone"
UNBREAKABLE = "unbreakable" * 12
DESCRIPTION = """
A **description** with [a link](https://example.org), a list

- of $x_i \\in \\mathbb{R}^d$
- and `code`

### A heading

| a table | with a wide column of formulas |
|---|---|
| $\\sum_{i=1}^n x_i$ | a cell whose words would like to have more room than a phone has for them in a line |

$$\\operatorname{softmax}\\left(\\frac{QK^\\top}{\\sqrt{d_k}}\\right)V$$

What nobody knows: $\\unknown{x}$.
"""


@dataclass(frozen=True)
class Made:
    """One thing of every kind."""

    paper: Paper
    task: Task
    board: Leaderboard
    dataset: Dataset
    method: Method
    author: Author
    area: Area
    run: Run
    measurement: Measurement
    removed: Paper
    collection: MethodCollection
    proceeding: Proceeding
    model: str
    """The address of a model's page, behind `/model/`."""
    method_area: str
    """The address of an area of methods, behind `/methods/area/`."""


def make_bare():
    """One thing of every kind, of which nothing is known but its name."""
    task, dataset, proceeding, collection = make_task(), make_dataset(), make_proceeding(), make_collection()
    make_paper(proceeding=proceeding)
    make_result(make_board(), model_name="Alone")
    return Made(
        paper=make_paper(),
        task=task,
        board=make_board(task=task, dataset=dataset),
        dataset=dataset,
        method=make_method(main_collection=collection),
        author=make_author(),
        area=make_area(),
        run=Run.objects.create(checkpoint=make_checkpoint(), protocol=make_protocol()),
        measurement=_measure(make_board(), model_name="Alone"),
        removed=make_paper(removed_at=timezone.now(), removed_reason="Spam."),
        collection=collection,
        proceeding=proceeding,
        model="alone",
        method_area="other",
    )


def make_whole():
    """One thing of every kind with as much on it as its page can show, and enough others for lists to have a second page."""
    area = make_area(name="Computer Vision")
    parent = make_task(name="Classification", areas=[area])
    task = make_task(name=f"Image Classification {LONG}", areas=[area], description=DESCRIPTION)
    task.parents.add(parent)
    make_task(name="Few-Shot Image Classification").parents.add(task)
    collection = make_collection(name=f"Convolutional Networks {LONG}", area="Computer Vision", description=DESCRIPTION)
    method = make_method(name="ResNet", full_name=LONG, description=DESCRIPTION, introduced_year=2015, main_collection=collection)
    for number in range(62):
        make_method(name=f"Method {number} {LONG}" if number % 2 else f"M{number}", main_collection=collection)
    dataset = make_dataset(name="ImageNet", full_name=LONG, description=DESCRIPTION, homepage="https://image-net.org")
    paper = _paper(tasks=[task, parent], methods=[method])
    board = make_board(
        task=task, dataset=dataset, metrics=["Top 1 Accuracy", "Top 5 Accuracy", "Number of params"], description=DESCRIPTION
    )
    others = [make_paper(title=f"Paper {number} {LONG}", date=date(2021, 1, 1), tasks=[task], methods=[method], authors=["Author 0"],
                         repositories=[make_repository()]) for number in range(32)]  # fmt: skip
    for number, other in enumerate(others[:12]):
        scores = {"Top 1 Accuracy": f"{90 - number}.5%", "Top 5 Accuracy": "99", "Number of params": f"{number}M"}
        make_result(
            board,
            model_name=f"Model {number}" if number else UNBREAKABLE,
            scores=scores,
            paper=other,
            paper_date=other.date,
            uses_additional_data=number % 2 == 0,
        )
    claim = make_result(board, model_name="Model (large)", scores={"Top 1 Accuracy": "88.1"}, paper=paper, paper_date=paper.date)
    measurement = _measure(board, claim=claim)
    _measure(board, model_name="A model of its own")
    _models(board, paper=others[0])
    single = make_board(task=parent, dataset=make_dataset(name="CIFAR-10"), metrics=["Accuracy"])
    mapping = make_mapping(claim=make_result(single, model_name="Model", scores={"Accuracy": "33.6"}, paper=paper))
    Run.objects.create(checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    make_worker()
    return Made(
        paper=paper,
        task=task,
        board=board,
        dataset=dataset,
        method=method,
        author=Author.objects.get(name="Author 0"),
        area=area,
        run=make_planned_run(samples=8, batch_size=2),
        measurement=measurement,
        removed=make_paper(removed_at=timezone.now(), removed_reason="Spam."),
        collection=collection,
        proceeding=paper.proceeding,
        model="model-1",
        method_area="computer-vision",
    )


def _paper(**values):
    return make_paper(
        title=f"{LONG}: {UNBREAKABLE}",
        date=date(2022, 4, 14),
        proceeding=make_proceeding(name="proceedings-of-the-27th-international", conference="Conference"),
        authors=[f"Author {number}" for number in range(17)],
        repositories=[make_repository(url=f"https://github.com/owner/{'a-very-long-name-' * 4}{number}") for number in range(14)],
        abstract=f"Words, $x^2$ and one {UNBREAKABLE} word.",
        url_abs="https://arxiv.org/abs/2204.06745v1",
        url_pdf="https://arxiv.org/pdf/2204.06745v1",
        archive_code_count=20,
        **values,
    )


def _models(board, *, paper):
    """Claims about models whose names go on behind another's, one of them on two boards."""
    other = make_board(dataset=make_dataset(name="CIFAR-100"), metrics=["Accuracy", "FLOPs"])
    make_result(other, model_name="Model-1", scores={"Accuracy": "71.2", "FLOPs": "4G"}, paper=paper, paper_date=paper.date)
    for words in ("large", LONG, UNBREAKABLE, "small, without a paper"):
        make_result(board, model_name=f"Model 1 {words}", scores={"Top 1 Accuracy": "70"})
    make_result(board, model_name="", scores={"Top 1 Accuracy": "12"})


def _measure(board, **values):
    return Measurement.objects.create(
        **{
            "leaderboard": board, "metric": board.metrics.first(), "protocol": make_protocol(name="5-shot"), "value": 50.0, "items": 400,
            "standard_error": 2.5, "interval_low": 45.1, "interval_high": 54.9, "chance_level": 25.0, "run_id": uuid4(),
            "measured_at": timezone.now(), "published_at": timezone.now(), **values,
        }
    )  # fmt: skip
