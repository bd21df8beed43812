"""The commands that admins type."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories.runs import make_checkpoint, make_claim, make_mapping, make_protocol
from workers.models import Run

pytestmark = pytest.mark.django_db


def reproduce(*arguments):
    out = StringIO()
    call_command("reproduce", *arguments, stdout=out)
    return out.getvalue().strip()


def test_reproduce_takes_a_claim_and_says_where_to_follow_the_run():
    mapping = make_mapping()
    printed = reproduce(str(mapping.claim.public_id))
    run = Run.objects.get()
    assert (run.checkpoint, run.protocol, run.items_per_task) == (mapping.checkpoint, mapping.protocol, None)
    assert printed == f"/runs/{run.public_id}  Waiting. No worker is online. It needs one with 1.0 GB of memory."


def test_reproduce_takes_a_checkpoint_and_a_trial():
    mapping = make_mapping()
    reproduce(mapping.checkpoint.slug, "--items-per-task", "3")
    assert Run.objects.get().items_per_task == 3


def test_reproduce_asks_which_protocol_is_meant():
    claim, checkpoint = make_claim(), make_checkpoint()
    for slug in ("letters", "texts"):
        make_mapping(claim=claim, checkpoint=checkpoint, protocol=make_protocol(slug=slug))
    with pytest.raises(CommandError, match="can be tested under letters, texts: choose one with --protocol"):
        reproduce(checkpoint.slug)
    reproduce(checkpoint.slug, "--protocol", "texts")
    assert Run.objects.get().protocol.slug == "texts"


@pytest.mark.parametrize("what", ["nothing", "c1bd06ba-3a6c-4b5c-9d58-95f8b5a1ff50"])
def test_reproduce_of_what_nothing_can_test_says_so(what):
    make_mapping(checkpoint=make_checkpoint(slug="small"))
    with pytest.raises(
        CommandError, match=r"Nothing here can test .*: add a mapping in the admin, or name a mapped checkpoint \(small\)"
    ):
        reproduce(what)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--items-per-task", "0", "--items-per-task must be from 1 to 1,000,000."),
        ("--items-per-task", "99999999999", "--items-per-task must be from 1 to 1,000,000."),
        ("--token-budget", "0", "--token-budget must be from 1 to 1,000,000."),
    ],
)
def test_reproduce_refuses_numbers_that_make_no_run(option, value, sentence):
    make_mapping(checkpoint=make_checkpoint(slug="small"))
    with pytest.raises(CommandError, match=sentence):
        reproduce("small", option, value)
    assert not Run.objects.exists()


def test_reproduce_takes_a_token_budget():
    mapping = make_mapping()
    reproduce(mapping.checkpoint.slug, "--token-budget", "2000")
    assert Run.objects.get().token_budget == 2000
