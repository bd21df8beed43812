"""Trunks and rows through a model: each token of a tree computed once, the output head on scored places alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import Cache, PreTrainedModel

from workers.evaluation.prefixes import attention
from workers.evaluation.prefixes.attention import KeysAndValues, Pass, attending
from workers.evaluation.prefixes.layout import Layout, Part, lay_out
from workers.evaluation.prefixes.tokens import TokenSequence

HEAD_AT_ONCE = {"cpu": 32, "cuda": 512}
"""Scored places whose logits are in float32 at one time: 100 MB of 50,000 words, on a CPU what its caches hold."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of one sequence: the natural log-likelihood of its targets, of each, and whether they are what greedy decoding writes."""

    log_likelihood: float
    by_token: tuple[float, ...]
    is_greedy: bool


@dataclass
class Counts:
    """What was computed: passes, tokens in them, places whose logits were made."""

    passes: int = 0
    tokens: int = 0
    scored: int = 0


@dataclass(frozen=True)
class _Trunk:
    tokens: tuple[int, ...]
    cuts: tuple[int, ...]
    layers: tuple[KeysAndValues, ...]


class SharedForward:
    """A model that computes rows of shared beginnings. It keeps the last trunk, which the next pack often stands on too."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Exchange the model's attention. Raises Unsupported for a model for which that cannot be done."""
        attention.install(model)
        self.model = model
        self.counts = Counts()
        self._trunk: _Trunk | None = None

    @torch.inference_mode()
    def score(self, sequences: Sequence[TokenSequence], *, cuts: tuple[int, ...] = ()) -> list[Score]:
        """The sequences of one pack, which share trunks of the lengths `cuts`; one score each, in their order."""
        if not sequences:
            return []
        depth = cuts[-1] if cuts else 0
        row = lay_out(sequences, depth=depth)
        trunk = self._trunk_of(sequences[0].tokens[:depth], cuts) if depth else None
        places = sorted({place for places in row.scored for place in places})
        logits = self._run(row, Pass(row.parts, trunk=trunk.layers if trunk else None), places)
        return scores(logits, places, row, sequences)

    @torch.inference_mode()
    def read(
        self, sequences: Sequence[TokenSequence], *, cuts: tuple[int, ...] = ()
    ) -> tuple[torch.Tensor, list[list[KeysAndValues]], tuple[KeysAndValues, ...] | None]:
        """What writing on needs: the logits behind each sequence, each row's own keys and values a layer, the trunk's."""
        depth = cuts[-1] if cuts else 0
        row = lay_out(sequences, depth=depth)
        trunk = self._trunk_of(sequences[0].tokens[:depth], cuts) if depth else None
        what = Pass(row.parts, trunk=trunk.layers if trunk else None, keeps=True)
        places = sorted({places[-1] for places in row.scored})
        logits = self._run(row, what, places)
        at = {place: number for number, place in enumerate(places)}
        wanted = torch.tensor([at[places[-1]] for places in row.scored], device=logits.device)
        stretches = [torch.tensor(places, device=logits.device) for places in row.lies]
        own = [
            [
                (keys.index_select(2, places.to(keys.device)), values.index_select(2, places.to(keys.device)))
                for places in stretches
            ]
            for keys, values in (what.kept[layer] for layer in range(len(what.kept)))
        ]
        return logits[wanted], own, trunk.layers if trunk else None

    @torch.inference_mode()
    def step(self, tokens: Sequence[int], positions: Sequence[int]) -> torch.Tensor:
        """Logits behind one token of each row, within `attending` of whoever knows what the rows are."""
        device = self.model.device
        made = self.model(
            input_ids=torch.tensor([tokens], device=device),
            position_ids=torch.tensor([positions], device=device),
            use_cache=False,
        )
        self.counts.passes += 1
        self.counts.tokens += len(tokens)
        self.counts.scored += len(tokens)
        logits: torch.Tensor = made.logits[0]
        return logits

    def forget(self) -> None:
        """Let go of the trunk's memory."""
        self._trunk = None

    def _trunk_of(self, tokens: tuple[int, ...], cuts: tuple[int, ...]) -> _Trunk:
        """The trunk with these tokens; what of it is there already is kept, the rest computed piece by piece."""
        if self._trunk is None or self._trunk.tokens != tokens or self._trunk.cuts != cuts:
            kept = self._beginning_of(tokens, cuts)
            for number in range(len(kept.cuts) if kept else 0, len(cuts)):
                kept = self._longer(kept, tokens[: cuts[number]], cuts[: number + 1])
            self._trunk = kept
        assert self._trunk is not None
        return self._trunk

    def _beginning_of(self, tokens: tuple[int, ...], cuts: tuple[int, ...]) -> _Trunk | None:
        """As much of the last trunk as this one begins with; None where it begins otherwise."""
        last = self._trunk
        while last is not None and (last.cuts != cuts[: len(last.cuts)] or last.tokens != tokens[: len(last.tokens)]):
            shorter = last.cuts[:-1]
            if not shorter:
                return None
            layers = tuple((keys[:, :, : shorter[-1]], values[:, :, : shorter[-1]]) for keys, values in last.layers)
            last = _Trunk(last.tokens[: shorter[-1]], shorter, layers)
        return last

    def _longer(self, trunk: _Trunk | None, tokens: tuple[int, ...], cuts: tuple[int, ...]) -> _Trunk:
        done = len(trunk.tokens) if trunk else 0
        own = tokens[done:]
        row = Layout(own, tuple(range(done, len(tokens))), (Part(0, len(own), len(own)),), (), ())
        what = Pass(row.parts, trunk=trunk.layers if trunk else None, keeps=True)
        self._run(row, what, [])
        kept = [what.kept[layer] for layer in range(len(what.kept))]
        if trunk:
            kept = [
                (torch.cat((before[0], after[0]), dim=2), torch.cat((before[1], after[1]), dim=2))
                for before, after in zip(trunk.layers, kept, strict=True)
            ]
        return _Trunk(tokens, cuts, tuple(kept))

    def _run(self, row: Layout, what: Pass, places: Sequence[int]) -> torch.Tensor:
        """Logits [places, words] in the model's precision; of no place where a trunk is made."""
        device = self.model.device
        wanted = torch.tensor(places or [len(row.tokens) - 1])  # the head may be on another device than the words
        with attending(what):
            made = self.model(
                input_ids=torch.tensor([row.tokens], device=device),
                position_ids=torch.tensor([row.positions], device=device),
                use_cache=False,
                logits_to_keep=wanted,
            )
        self.counts.passes += 1
        self.counts.tokens += len(row.tokens)
        self.counts.scored += len(places)
        logits: torch.Tensor = made.logits[0]
        return logits if places else logits[:0]


class PlainForward:
    """A model that computes each sequence alone, with its own attention; the output head still on scored places only.

    For models whose attention cannot be exchanged.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.counts = Counts()

    @torch.inference_mode()
    def score(self, sequences: Sequence[TokenSequence], *, cuts: tuple[int, ...] = ()) -> list[Score]:
        """One score each, in their order; what they share is computed again for each."""
        found: list[Score | None] = [None] * len(sequences)
        equal: dict[tuple[int, ...], list[int]] = {}
        for number, sequence in enumerate(sequences):
            equal.setdefault(sequence.tokens, []).append(number)
        for tokens, numbers in equal.items():
            for number, score in zip(numbers, self._score(tokens, [sequences[number] for number in numbers]), strict=True):
                found[number] = score
        return [score for score in found if score is not None]

    @torch.inference_mode()
    def read(self, tokens: Sequence[int], *, cache: Cache | None = None) -> tuple[torch.Tensor, Cache]:
        """The logits behind these tokens, and the model's own cache to go on with."""
        ids = torch.tensor([list(tokens)], device=self.model.device)
        made = self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        self.counts.passes += 1
        self.counts.tokens += len(tokens)
        return made.logits[0, -1], made.past_key_values

    def forget(self) -> None:
        """Nothing is kept."""

    def _score(self, tokens: tuple[int, ...], sequences: Sequence[TokenSequence]) -> list[Score]:
        """Sequences that are equal but for their targets."""
        first = min(sequence.first_scored for sequence in sequences)
        places = range(first, len(tokens))
        wanted = torch.tensor(list(places), device=self.model.device)
        ids = torch.tensor([tokens], device=self.model.device)
        logits = self.model(input_ids=ids, use_cache=False, logits_to_keep=wanted).logits[0]
        self.counts.passes += 1
        self.counts.tokens += len(tokens)
        self.counts.scored += len(places)
        scored = tuple(tuple(range(sequence.first_scored, len(tokens))) for sequence in sequences)
        return scores(logits, places, Layout(tokens, (), (), scored, ()), sequences)


def scores(logits: torch.Tensor, places: Sequence[int], row: Layout, sequences: Sequence[TokenSequence]) -> list[Score]:
    """Log-softmax in float32 over the whole vocabulary, at each place for each of its targets."""
    at = {place: number for number, place in enumerate(places)}
    wanted = [
        (at[place], target)
        for places, sequence in zip(row.scored, sequences, strict=True)
        for place, target in zip(places, sequence.targets, strict=True)
    ]
    rows = torch.tensor([row for row, _ in wanted], device=logits.device)
    targets = torch.tensor([target for _, target in wanted], device=logits.device)
    found, greedy = _of_targets(logits, rows, targets)
    made, start = [], 0
    for sequence in sequences:
        end = start + len(sequence.targets)
        made.append(Score(sum(found[start:end]), tuple(found[start:end]), all(greedy[start:end])))
        start = end
    return made


def _of_targets(logits: torch.Tensor, rows: torch.Tensor, targets: torch.Tensor) -> tuple[list[float], list[bool]]:
    """Of each target the log-likelihood in its row of logits, in float32, and whether it is the likeliest word there.

    Of equally likely ones that is the first, as `argmax` has it.
    """
    meant = logits[rows, targets].float()
    norms, most = _norms_and_most(logits)
    greedy = meant == most[rows]
    # to look for the first of the likeliest takes longer than all the rest, and few targets are among them
    for place in torch.nonzero(greedy).flatten().tolist():
        greedy[place] = logits[rows[place]].argmax() == targets[place]
    return (meant - norms[rows]).tolist(), greedy.tolist()


def _norms_and_most(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each row the log of the sum of exponentials and the greatest, in float32; a few rows at a time in the same memory."""
    at_once = HEAD_AT_ONCE.get(logits.device.type, max(HEAD_AT_ONCE.values()))
    room = torch.empty((min(at_once, len(logits)), logits.shape[1]), dtype=torch.float32, device=logits.device)
    norms, most = (torch.empty(len(logits), dtype=torch.float32, device=logits.device) for _ in range(2))
    for start in range(0, len(logits), at_once):
        rows = slice(start, start + at_once)
        piece = room[: len(logits[rows])].copy_(logits[rows])
        torch.amax(piece, dim=-1, out=most[rows])
        torch.sum(piece.sub_(most[rows, None]).exp_(), dim=-1, out=norms[rows])
    return norms.log_().add_(most), most
