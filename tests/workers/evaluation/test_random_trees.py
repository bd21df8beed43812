"""Sharing never changes a value: random trees of tokens through the engine, and each sequence through the model alone.

`make equality` tries many times as many, new ones each time (EQUALITY_EXAMPLES).
"""

import os
import random
from dataclasses import dataclass

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.workers.evaluation.equality import faults
from tests.workers.evaluation.equality.comparing import ABSOLUTE, RELATIVE
from tests.workers.evaluation.equality.models import ARCHITECTURES, copy_of, make_model
from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.forward import SharedForward
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence
from workers.evaluation.prefixes.tree import packs, unique_tokens

pytestmark = pytest.mark.usefixtures("one_thread")

WORDS = 23
LIMIT = 96
"""Tokens that the models read at most."""
ASKED = int(os.environ.get("EQUALITY_EXAMPLES", "0"))
EXAMPLES = settings(
    max_examples=ASKED or 25,
    derandomize=not ASKED,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    report_multiple_bugs=False,
)

lengths = st.one_of(st.integers(0, 6), st.integers(7, 45), st.sampled_from([31, 32, 33, 63, 64, 65, LIMIT - 1, LIMIT, LIMIT + 1]))
budgets = st.one_of(st.integers(1, 60), st.integers(61, 300), st.just(100_000))


@dataclass(frozen=True)
class Request:
    """A whole text as tokens, of which the last ones are to be scored."""

    tokens: tuple[int, ...]
    targets: int


@st.composite
def trees(draw):
    """Requests that begin as others do: nested, equal, one the beginning of another, of a single token, longer than the limit."""
    source = random.Random(draw(st.integers(0, 2**32)))
    grown = [()]
    for _ in range(draw(st.integers(1, 14))):
        parent = grown[draw(st.integers(0, len(grown) - 1))]
        kept = parent[: draw(st.integers(0, len(parent)))] if draw(st.booleans()) else parent
        grown.append((*kept, *(source.randrange(WORDS) for _ in range(draw(lengths)))))
    made = []
    for tokens in grown[1:]:
        whole = tokens if len(tokens) > 1 else (*tokens, 1, 2)
        # several continuations of one text, of one token or of many
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
            targets = draw(st.one_of(st.just(1), st.integers(1, min(len(whole) - 1, LIMIT))))
            made.append(Request((*whole[:-1], draw(st.integers(0, WORDS - 1))), targets))
    return made


class Pair:
    """One model twice: with shared beginnings, and as it is."""

    def __init__(self, architecture):
        model = make_model(architecture, words=WORDS, context_length=LIMIT, width=32, scale=6.0)
        self.plain = copy_of(model)
        self.shared = forward_of(model)
        self.encoder = Encoder.of(None, model.config)
        self.deepest = 0
        assert isinstance(self.shared, SharedForward)

    def sequences(self, requests):
        return [self.encoder.behind(list(request.tokens), list(request.tokens[: -request.targets])) for request in requests]

    def score(self, sequences, *, budget, together=1):
        """By packs of the budget; `together` neighbouring sequences are one sample, which is never cut."""
        samples = [range(start, min(start + together, len(sequences))) for start in range(0, len(sequences), together)]
        found = {}
        for pack in packs([[sequences[place] for place in sample] for sample in samples], budget=budget):
            own = [place for sample in pack.samples for place in samples[sample]]
            found.update(zip(own, self.shared.score([sequences[place] for place in own], cuts=pack.cuts), strict=True))
            self.deepest = max(self.deepest, len(pack.cuts))
        self.shared.forget()
        return [found[place] for place in range(len(sequences))]

    @torch.inference_mode()
    def alone(self, request):
        """Log-likelihoods of the targets by the model itself, and by how much each is the likeliest word (or is not)."""
        read = torch.tensor([request.tokens[-(LIMIT + 1) :]])
        logits = torch.log_softmax(self.plain(read[:, :-1]).logits[0].float(), dim=-1)[-request.targets :]
        wanted = read[0, -request.targets :]
        own = logits[torch.arange(len(wanted)), wanted]
        others = logits.clone()
        others[torch.arange(len(wanted)), wanted] = -torch.inf
        return own.tolist(), (own - others.max(dim=-1).values).tolist()


@pytest.fixture(scope="module", params=ARCHITECTURES)
def pair(request):
    return Pair(request.param)


def assert_as_alone(pair, request, score):
    wanted, leads = pair.alone(request)
    assert len(score.by_token) == len(wanted)
    for value, expected in zip(score.by_token, wanted, strict=True):
        assert abs(value - expected) <= ABSOLUTE
    assert abs(score.log_likelihood - sum(wanted)) <= max(ABSOLUTE, RELATIVE * abs(sum(wanted)))
    if min(abs(lead) for lead in leads) > ABSOLUTE:  # nearer words than that may change places
        assert score.is_greedy == (min(leads) > 0)


@EXAMPLES
@given(requests=trees(), budget=budgets, together=st.sampled_from([1, 1, 2, 4]))
def test_sharing_changes_no_value(pair, requests, budget, together):
    sequences = pair.sequences(requests)

    scores = pair.score(sequences, budget=budget, together=together)

    for request, score in zip(requests, scores, strict=True):
        assert_as_alone(pair, request, score)


@EXAMPLES
@given(requests=trees(), budget=budgets)
def test_the_order_of_the_requests_changes_no_value(pair, requests, budget):
    sequences = pair.sequences(requests)
    turned = list(reversed(range(len(sequences))))

    scores = pair.score(sequences, budget=budget)
    again = pair.score([sequences[place] for place in turned], budget=budget)

    for place, score in zip(turned, again, strict=True):
        assert score.log_likelihood == pytest.approx(scores[place].log_likelihood, abs=ABSOLUTE, rel=RELATIVE)


@EXAMPLES
@given(requests=trees(), budget=budgets)
def test_the_same_requests_give_the_same_bits(pair, requests, budget):
    sequences = pair.sequences(requests)

    assert pair.score(sequences, budget=budget) == pair.score(sequences, budget=budget)


@EXAMPLES
@given(requests=trees())
def test_under_a_large_budget_little_more_is_computed_than_the_tree_has_tokens(pair, requests):
    sequences = pair.sequences(requests)
    before = pair.shared.counts.tokens

    pair.score(sequences, budget=100_000)

    computed = pair.shared.counts.tokens - before
    unique = unique_tokens([[sequence] for sequence in sequences])
    assert unique <= computed <= unique + 8 * len(sequences)  # where sharing would save less than that, it is not done


def test_trunks_upon_trunks_are_among_the_trees(pair):
    """Some share 35 tokens, some of those 70: under a small budget the second trunk stands on the first."""
    source = random.Random(1)
    base = tuple(source.randrange(WORDS) for _ in range(80))
    requests = [
        Request((*base[:length], *(source.randrange(WORDS) for _ in range(tail))), 1)
        for length in (35, 70)
        for tail in (9, 10, 11, 12, 13)
    ]

    scores = pair.score(pair.sequences(requests), budget=20)

    assert pair.deepest >= 2
    for request, score in zip(requests, scores, strict=True):
        assert_as_alone(pair, request, score)


@pytest.mark.parametrize(
    "fault",
    [
        faults.positions_off_by_one,
        faults.mask_lets_a_neighbour_be_seen,
        faults.mask_lets_the_future_be_seen,
        faults.mask_hides_the_end_of_a_trunk,
        faults.prefix_of_another_subject,
        faults.greedy_where_a_part_is,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_planted_fault_is_found(fault, pair, monkeypatch):
    fault(monkeypatch)

    @settings(EXAMPLES, max_examples=200, phases=[Phase.generate])
    @given(requests=trees(), budget=budgets)
    def nothing_is_changed(requests, budget):
        for request, score in zip(requests, pair.score(pair.sequences(requests), budget=budget), strict=True):
            assert_as_alone(pair, request, score)

    with pytest.raises((AssertionError, IndexError)):  # learned positions end at the limit
        nothing_is_changed()


def test_a_word_alone_is_scored_as_alone(pair):
    requests = [Request((word, 5), 1) for word in range(WORDS)]

    scores = pair.score(pair.sequences(requests), budget=7)

    for request, score in zip(requests, scores, strict=True):
        assert_as_alone(pair, request, score)


def test_a_text_at_the_limit_and_one_over_it_share_nothing_and_are_scored_as_alone(pair):
    source = random.Random(3)
    text = tuple(source.randrange(WORDS) for _ in range(LIMIT + 3))
    requests = [Request(text[:length], targets) for length in range(LIMIT - 1, LIMIT + 4) for targets in (1, 2, LIMIT - 2)]
    sequences = pair.sequences(requests)

    scores = pair.score(sequences, budget=50)

    assert {len(sequence.tokens) for sequence in sequences} == {LIMIT - 2, LIMIT - 1, LIMIT}
    assert TokenSequence(text[2 : LIMIT + 2], text[LIMIT + 2 :]) in sequences
    for request, score in zip(requests, scores, strict=True):
        assert_as_alone(pair, request, score)
