"""Small corpora in memory."""

import numpy as np

from papers.relating.features import Features, tags
from papers.relating.vectors import count_words
from papers.relating.words import text_of


def make_features(titles, *, tasks=(), methods=(), datasets=()):
    """Papers with ids 0, 1, ... of these titles; tags as (paper, tag) pairs."""
    ids = np.arange(len(titles))
    counts = count_words(text_of(title, None) for title in titles)
    return Features(
        ids=ids,
        text=counts.vectors(counts.frequencies()),
        tasks=_tags(tasks, ids),
        methods=_tags(methods, ids),
        datasets=_tags(datasets, ids),
    )


def _tags(pairs, ids):
    return tags(np.array(list(pairs), np.int64).reshape(-1, 2), papers=ids)
