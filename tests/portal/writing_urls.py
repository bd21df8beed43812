"""The site with two small ways to take a board away, as the forms and the API have them: the brakes know neither."""

from django.db import transaction
from django.http import JsonResponse
from django.urls import path

from leaderboards.models import Leaderboard
from papers import history
from portal.acting import act_for
from portal.urls import handler400, handler403, handler404, handler500
from portal.urls import urlpatterns as of_the_site

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@transaction.atomic
def remove(request, slug):
    history.remove(Leaderboard.objects.get(slug=slug), reason="Wiped.")
    return JsonResponse({"removed": slug})


def remove_through_the_api(request, slug):
    act_for(request, request.user)  # as the API does for whose token it is
    return remove(request, slug)


urlpatterns = [path("wipe/<slug>", remove), path("api/v1/wipe/<slug>", remove_through_the_api), *of_the_site]
