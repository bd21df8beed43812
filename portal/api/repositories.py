"""Repositories, as a paper's code."""

from urllib.parse import urlsplit

from django.db.models import F, QuerySet
from rest_framework import serializers

from papers.models import Paper, PaperRepository, RepositoryStars
from portal.api.fields import RequiredAddress
from portal.pages.links import web_address

UNKNOWN_FRAMEWORK = "none"


class CodeLinkSerializer(serializers.Serializer[PaperRepository]):
    """A repository with what a link from a paper says about it.

    Descriptions are not known here, stars only where observations were imported. Clients of the old API take no null for
    them: they are "" and 0.
    """

    url = RequiredAddress(source="repository.url")
    owner = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    stars = serializers.SerializerMethodField()
    framework = serializers.SerializerMethodField()
    is_official = serializers.ReadOnlyField()

    def get_owner(self, link: PaperRepository) -> str:
        """The account that has the repository."""
        return owner_and_name(link.repository.url)[0]

    def get_name(self, link: PaperRepository) -> str:
        """The repository's name within the account."""
        return owner_and_name(link.repository.url)[1]

    def get_description(self, link: PaperRepository) -> str:
        """Not known."""
        return ""

    def get_stars(self, link: PaperRepository) -> int:
        """As last observed; 0 where nobody looked."""
        found: RepositoryStars | None = getattr(link.repository, "star_count", None)
        return found.stars if found else 0

    def get_framework(self, link: PaperRepository) -> str:
        """What it is written with, e.g. pytorch; "none" where nobody said."""
        return link.framework or link.repository.framework or UNKNOWN_FRAMEWORK


def owner_and_name(url: str) -> tuple[str, str]:
    """The first two parts of a repository's path: ("a", "b") of https://github.com/a/b.git; empty where there are none."""
    parts = [part for part in urlsplit(web_address(url)).path.split("/") if part]
    owner, name, *_ = [*parts, "", ""]
    return owner, name.removesuffix(".git")


def code_links(paper: Paper) -> QuerySet[PaperRepository]:
    """The links from a paper to code that the public sees, official ones first."""
    links = (
        PaperRepository.objects.published()
        .filter(paper=paper, repository__removed_at=None)
        .select_related("repository__star_count")
    )
    return links.order_by(F("is_official").desc(nulls_last=True), "pk")
