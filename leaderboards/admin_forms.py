"""The admin's forms of boards and claims: what an import would set anyway is not open to edits."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelChoiceField, ModelForm

from leaderboards.columns import read_cell
from leaderboards.corrections import HOW_TO_WRITE, CellFaultError, entered_cell
from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers.admin import CatalogueForm
from papers.admin_fields import PlainText


class MetricForm(ModelForm[Metric]):
    """A column. The archive names and orders the columns of its boards: those that are there only take a direction."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and self.instance.leaderboard.archive_key is not None:
            self.fields["name"].disabled = self.fields["position"].disabled = True

    def clean(self) -> dict[str, Any]:
        """A direction that was given is a person's word; giving the word back to the name is done by the source alone."""
        cleaned = super().clean() or self.cleaned_data
        if "direction" in self.changed_data:
            cleaned["direction_source"] = Metric.DirectionSource.PERSON
        return cleaned


class MetricFormSet(BaseInlineFormSet[Metric, Leaderboard, MetricForm]):
    """The columns of a board."""

    def clean(self) -> None:
        """Keep columns that hold results: their cells would go with them."""
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk and form.instance.scores.exists():
                raise ValidationError(
                    f"The column “{form.instance.name}” holds results and stays; “Not ranked” takes it out of the ranking."
                )


class CellField(PlainText):
    """The JSON of a cell; another spelling of what it holds is no edit."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another value was typed."""
        if not super().has_changed(initial, data):
            return False
        try:
            return bool(entered_cell(data or "", held=initial or "") != initial)
        except CellFaultError:
            return True


class ScoreForm(ModelForm[Score]):
    """A cell. Its number follows from what is typed; another column is another cell."""

    raw = CellField(help_text=HOW_TO_WRITE)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["metric"].disabled = self.instance.pk is not None

    def clean_raw(self) -> str:
        """The cell as JSON."""
        held: str = self.instance.raw
        if "raw" not in self.changed_data:
            return held
        try:
            return entered_cell(self.cleaned_data["raw"], held=held)
        except CellFaultError as fault:
            raise ValidationError(str(fault)) from fault

    def clean(self) -> dict[str, Any]:
        """Read the number at once; the column brings it to its scale."""
        cleaned = super().clean() or self.cleaned_data
        if "raw" in cleaned and "raw" in self.changed_data:
            self.instance.value, self.instance.scale = read_cell(cleaned["raw"]).value, 1.0
        return cleaned


class ScoreFormSet(BaseInlineFormSet[Score, Claim, ScoreForm]):
    """The cells of a claim: each in a column of its board."""

    def add_fields(self, form: ScoreForm, index: int | None) -> None:
        """Offer the columns of the claim's board."""
        super().add_fields(form, index)
        columns = form.fields["metric"]
        assert isinstance(columns, ModelChoiceField)
        columns.queryset = Metric.objects.filter(leaderboard=self.instance.leaderboard_id)


class ClaimForm(CatalogueForm):
    """A claim."""

    def clean_model_name(self) -> str:
        """A name by which the claim stays one of its kind: the rest of its identity is given once."""
        name: str = self.cleaned_data["model_name"]
        claim = self.instance
        same = Claim.objects.filter(
            leaderboard=claim.leaderboard_id, model_name=name, paper_key=claim.paper_key, occurrence=claim.occurrence
        )
        if same.exclude(pk=claim.pk).exists():
            raise ValidationError("The board has a result of that model by this paper already.")
        return name
