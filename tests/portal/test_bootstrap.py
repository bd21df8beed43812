"""What a new installation gets."""

from io import StringIO

import pytest
from django.core.management import call_command

from papers.models import Paper
from workers.models import Run

pytestmark = pytest.mark.usefixtures("committed_db")


def test_bootstrap_asks_for_no_self_test_where_that_is_set(settings):
    settings.SELFTEST = False
    call_command("bootstrap", stdout=StringIO())
    assert not Run.objects.exists()


def test_bootstrap_fills_an_empty_site_once():
    call_command("bootstrap", stdout=StringIO())
    papers, run = Paper.objects.count(), Run.objects.get()
    assert papers > 60
    assert run.checkpoint.slug == "portal-selftest"
    call_command("bootstrap", stdout=StringIO())
    assert (Paper.objects.count(), Run.objects.get()) == (papers, run)
