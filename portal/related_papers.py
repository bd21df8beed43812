"""Related papers with what this app adds: the datasets of papers, and the whole catalogue as one to judge.

It loads scipy: import it where it is called, never at the top of what the web process imports.
"""

from collections.abc import Iterator

import numpy as np
from django.db import transaction

from leaderboards.models import Claim
from papers.models import Paper
from papers.relating import computing, corpus
from papers.relating.computing import NoStatistics
from papers.relating.corpus import DatasetUse, Progress
from papers.relating.judging import Catalogue


def relate(*, progress: Progress, everything: bool = False) -> int:
    """Compute related papers: of new and changed papers, or of all where `everything` is asked for or nothing stands yet.

    For a command and for the clock. How many papers were computed. Raises `papers.relating.computing.AlreadyComputing`
    where another process does it at this moment.
    """
    if not everything:
        try:
            return computing.relate_new(uses=dataset_uses, progress=progress)
        except NoStatistics:
            progress("nothing was computed for the whole catalogue yet: computing all")
    return computing.relate_all(uses=dataset_uses, progress=progress)


def dataset_uses() -> Iterator[DatasetUse]:
    """The datasets that papers have results on: (paper, dataset, task) ids."""
    claims = Claim.objects.published().filter(paper__isnull=False, leaderboard__removed_at=None)
    with transaction.atomic():  # outside of one, the server would keep a copy of all rows
        yield from (
            claims.order_by().values_list("paper_id", "leaderboard__dataset_id", "leaderboard__task_id").distinct().iterator()
        )


def judged_catalogue(*, progress: Progress) -> Catalogue:
    """The published papers of the database as a catalogue to judge."""
    texts = corpus.read_texts(progress=progress)
    vectors = texts.counts.vectors(texts.counts.frequencies())
    uses = list(dataset_uses())
    dated = Paper.objects.values_list("pk", "date").iterator()
    days = {pk: day.toordinal() for pk, day in dated if day}
    return Catalogue(
        features=corpus.read_features(texts.ids, vectors, uses=uses),
        dates=np.array([days.get(pk, -1) for pk in texts.ids.tolist()], np.int64),
        uses=np.array(uses, np.int64).reshape(-1, 3),
    )
