"""Faults that an engine of this kind could have, planted into ours: each replaces one real function of it by one that errs.

To be planted after the engine is made, which tries itself and would fall back to computing without sharing.
"""

from dataclasses import replace

from workers.evaluation import batching
from workers.evaluation.prefixes import attention, forward
from workers.evaluation.prefixes.forward import SharedForward
from workers.evaluation.prefixes.model import PrefixSharingLM
from workers.evaluation.prefixes.tokens import Encoder


def no_shots(monkeypatch):
    """Prompts lose their worked examples."""
    _change_contexts(monkeypatch, lambda first, *shots, question: [first, question])


def shots_shuffled(monkeypatch):
    """The first worked example stands last."""
    _change_contexts(monkeypatch, lambda first, *shots, question: [first, *shots[1:], *shots[:1], question])


def positions_off_by_one(monkeypatch):
    """What stands behind a trunk is told a position one too high: the trunk seems one token longer."""
    lay_out = forward.lay_out

    def shifted(sequences, *, depth):
        row = lay_out(sequences, depth=depth)
        return replace(row, positions=tuple(position + (depth > 0) for position in row.positions))

    monkeypatch.setattr(forward, "lay_out", shifted)


def mask_lets_a_neighbour_be_seen(monkeypatch):
    """One token, the first of whatever follows a part, sees that part too."""
    lay_out = forward.lay_out

    def leaking(sequences, *, depth):
        row = lay_out(sequences, depth=depth)
        parts = tuple(replace(part, end=min(part.end + 1, len(row.tokens))) for part in row.parts)
        return replace(row, parts=parts)

    monkeypatch.setattr(forward, "lay_out", leaking)


def mask_lets_the_future_be_seen(monkeypatch):
    """Within a part tokens see those behind them."""
    piece = attention.piece
    monkeypatch.setattr(attention, "piece", lambda *tensors, is_causal=False: piece(*tensors))


def mask_hides_the_end_of_a_trunk(monkeypatch):
    """The last token of a trunk is seen by nobody."""
    trunk_of = SharedForward._trunk_of

    def shorter(self, tokens, cuts):
        trunk = trunk_of(self, tokens, cuts)
        return replace(trunk, layers=tuple((keys[:, :, :-1], values[:, :, :-1]) for keys, values in trunk.layers))

    monkeypatch.setattr(SharedForward, "_trunk_of", shorter)


def prefix_of_another_subject(monkeypatch):
    """A subject's questions read the trunk of the subject before it."""
    trunk_of = SharedForward._trunk_of
    seen = {}

    def stale(self, tokens, cuts):
        trunk = trunk_of(self, tokens, cuts)
        seen.setdefault(tokens, trunk)
        before = [other for known, other in seen.items() if known != tokens]
        return replace(trunk, layers=before[-1].layers) if before else trunk

    monkeypatch.setattr(SharedForward, "_trunk_of", stale)


def cut_one_token_too_many(monkeypatch):
    """Prompts that fill the context lose one token more than they have to."""
    cut = Encoder._cut

    def shorter(self, *given, targets):
        sequence = cut(self, *given, targets=targets)
        return replace(sequence, tokens=sequence.tokens[1:]) if len(sequence.tokens) == self.max_length else sequence

    monkeypatch.setattr(Encoder, "_cut", shorter)


def answers_of_the_request_before(monkeypatch):
    """Answers are handed out one place too late."""
    score = PrefixSharingLM.score
    monkeypatch.setattr(PrefixSharingLM, "score", lambda self, sequences: _rotated(score(self, sequences)))


def stop_sequences_ignored(monkeypatch):
    """Plans and batches say of every request that nothing ends its text."""
    settings_of = batching.settings_of
    monkeypatch.setattr(batching, "settings_of", lambda given: replace(settings_of(given), until=()))


def last_window_left_out(monkeypatch):
    """A text of several windows is scored without its last one."""
    rolling = Encoder.rolling
    monkeypatch.setattr(Encoder, "rolling", lambda self, text: rolling(self, text)[:-1] or rolling(self, text))


def greedy_where_a_part_is(monkeypatch):
    """A continuation counts as greedy where its last token is."""
    scores = forward.scores

    def lax(logits, places, row, sequences):
        ends = [replace(sequence, targets=sequence.targets[-1:]) for sequence in sequences]
        at_ends = scores(logits, places, replace(row, scored=tuple(places[-1:] for places in row.scored)), ends)
        whole = scores(logits, places, row, sequences)
        return [replace(score, is_greedy=end.is_greedy) for score, end in zip(whole, at_ends, strict=True)]

    monkeypatch.setattr(forward, "scores", lax)


def _change_contexts(monkeypatch, change):
    pairs = Encoder.pairs

    def changed(self, asked):
        blocks = [context.split("\n\n") for context, _ in asked]
        contexts = ["\n\n".join(change(*block[:-1], question=block[-1])) for block in blocks]
        return pairs(self, [(context, continuation) for context, (_, continuation) in zip(contexts, asked, strict=True)])

    monkeypatch.setattr(Encoder, "pairs", changed)


def _rotated(values):
    return values[-1:] + values[:-1]
