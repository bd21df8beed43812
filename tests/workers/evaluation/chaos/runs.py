"""The runs under chaos: one benchmark, asked for again and again, cut as wanted."""

from tests.factories.runs import make_checkpoint, make_claim, make_mapping, make_protocol
from workers import lifecycle, shards

WHOLE = 10**9
"""Tokens a shard that has all of a run."""
TOKEN_BUDGET = 60
"""Tokens a batch: so few that a batch is an item, and that there are many to disturb."""


class Asker:
    """Asks for runs of one checkpoint that differ in nothing but their protocol's name, so that none joins another."""

    def __init__(self, folder, *, task, items_per_task=None):
        self._checkpoint = make_checkpoint(folder=folder.name, parameter_count=6_541_056)
        self._task, self._items = task, items_per_task

    def ask(self, *, shard_tokens):
        protocol = make_protocol(task=self._task, num_fewshot=5)
        mapping = make_mapping(claim=make_claim(value="25.0"), checkpoint=self._checkpoint, protocol=protocol)
        return lifecycle.request(
            mapping, by=None, items_per_task=self._items, token_budget=TOKEN_BUDGET, shard_tokens=shard_tokens
        )


def size_for(run, wanted):
    """Tokens a shard that cut the run into so many shards, or a few more."""
    batches = [shards.batch_of(stored) for shard in run.shards.order_by("index") for stored in shard.batches]
    size = shards.work(batches)
    while len(shards.cut(batches, tokens=size)) < wanted:
        size = size * 49 // 50
    return size
