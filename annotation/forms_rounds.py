"""The form that opens a calibration."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.rubrics import PRESETS
from annotation.selectors.rounds import annotators
from annotation.services.rounds import FEWEST, MOST
from curation.models import User


class RoundForm(forms.Form):
    """Which guideline, how many common clips, who takes part, what it takes to pass."""

    name = forms.CharField(max_length=120, strip=True)
    rubric = forms.ChoiceField(choices=[(one.slug, one.name) for one in PRESETS.values()])
    size = forms.IntegerField(
        min_value=FEWEST, max_value=MOST, initial=40, label=f"Common items ({FEWEST} to {MOST})"
    )
    required = forms.IntegerField(min_value=0, max_value=100, initial=80, label="Agreement needed to pass, %")
    raters = forms.ModelMultipleChoiceField(
        User.objects.none(), widget=forms.CheckboxSelectMultiple, label="Who takes part"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = annotators()
        self.fields["raters"].queryset = people  # type: ignore[attr-defined]
        self.fields["raters"].initial = people
