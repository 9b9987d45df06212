"""The form that plans a queue: what goes in, who looks, what it will cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from annotation.models import Draw, Queue, Round
from annotation.rubrics import PRESETS
from annotation.selectors.next_best import WANTS
from annotation.selectors.priorities import PRIORITIES, priority_of
from annotation.selectors.queues import queues_for
from annotation.selectors.rounds import rounds_for
from annotation.services.frames import FrameFilter
from annotation.services.plans import RUBRIC_OF_KIND
from curation.models import Corpus, Policy

_TIERS = (("sft", "sft"), ("pretrain", "pretrain"), ("reject", "reject"), ("undecided", "undecided"))
_KINDS = (
    (Queue.Kind.VERIFY, "Verify: the proposal is shown; one key accepts"),
    (Queue.Kind.STUDY, "Study: clips on both sides of a threshold, blind, two people each"),
    (Queue.Kind.AUDIT, "Audit: blind, random within each proposed tier"),
    (Queue.Kind.PAIRS, "Pairs: does B answer A?"),
    (Queue.Kind.IDENTITY, "Identity: are these two persons one? Blind"),
)
_SAMPLES, _PEOPLE_A_SAMPLE = (Queue.Kind.STUDY, Queue.Kind.AUDIT), 2
_DRAWN = (
    ("", "At random (all of them, where no number is given)"),
    *PRIORITIES.items(),
    (str(Draw.Design.ORDERED), "In the list's order; never enters an estimate"),
)


class QueueForm(forms.Form):
    """A plan. ``frame()``, ``design()`` and ``rubric_slug()`` say what it means."""

    name = forms.CharField(max_length=120, strip=True)
    kind = forms.ChoiceField(
        choices=_KINDS,
        initial=Queue.Kind.VERIFY,
        widget=forms.Select(
            {"data-least": "overlap", "data-least-of": json.dumps(dict.fromkeys(_SAMPLES, _PEOPLE_A_SAMPLE))}
        ),
    )
    rubric = forms.ChoiceField(
        required=False, choices=[("", "The kind's own"), *((one.slug, one.name) for one in PRESETS.values())]
    )
    tiers = forms.MultipleChoiceField(
        choices=_TIERS, required=False, widget=forms.CheckboxSelectMultiple, label="Proposed tiers"
    )
    size = forms.IntegerField(
        min_value=1,
        max_value=1_000_000,
        required=False,
        label="How many",
        widget=forms.NumberInput({"placeholder": "all"}),
    )
    drawn = forms.ChoiceField(choices=_DRAWN, required=False, label="How they are chosen")
    band = forms.FloatField(
        min_value=0.01,
        max_value=1,
        initial=0.15,
        required=False,
        label="Band around a threshold, as a share of it",
    )
    want = forms.ChoiceField(choices=list(WANTS.items()), required=False, label="Which estimate")
    level = forms.ChoiceField(choices=_TIERS[:2], required=False, label="Kept means at least")
    floor_percent = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=20,
        required=False,
        label="Floor: no chance below this % of an even draw's",
    )
    beside = forms.IntegerField(
        min_value=0,
        max_value=100_000,
        initial=0,
        required=False,
        label="Others see the proposal on so many more",
    )
    overlap = forms.IntegerField(min_value=1, max_value=9, initial=1, label="People an item")
    blind = forms.BooleanField(required=False)
    only_open = forms.BooleanField(required=False, label="Leave out what people settled already")
    flips_from = forms.IntegerField(required=False, widget=forms.HiddenInput)
    gold_percent = forms.IntegerField(
        min_value=0, max_value=50, initial=0, required=False, label="Golds mixed in, %"
    )
    golds_from = forms.ModelChoiceField(
        Queue.objects.none(), required=False, empty_label="None", label="Golds are settled items of"
    )
    round = forms.ModelChoiceField(
        Round.objects.none(), required=False, empty_label="Nobody in particular", label="Only who passed"
    )

    def __init__(self, *args: Any, corpus: Corpus | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if corpus is not None:
            queues = queues_for(corpus_id=corpus.pk).filter(items__state="settled").distinct()
            self.fields["golds_from"].queryset = queues  # type: ignore[attr-defined]
            self.fields["round"].queryset = rounds_for(corpus_id=corpus.pk)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A study and an audit are blind with two people at least."""
        found = super().clean() or {}
        if found.get("kind") in _SAMPLES:
            found["blind"] = True
            if (found.get("overlap") or 1) < _PEOPLE_A_SAMPLE:
                self.add_error(
                    "overlap", "A study or an audit needs two people an item, or disputes stay unseen."
                )
            if not found.get("size"):
                self.add_error("size", "Say how many: a study or an audit is a sample.")
        # What the page does not offer for this kind does not count, whatever was chosen there before.
        if found.get("kind") in (Queue.Kind.STUDY, Queue.Kind.IDENTITY):
            found["drawn"] = ""
        if found.get("kind") != Queue.Kind.AUDIT:
            found["beside"] = 0
        if found.get("drawn") in PRIORITIES and not found.get("size"):
            self.add_error("size", "Say how many: a priority is a chance, and of everything there is none.")
        if found.get("kind") == Queue.Kind.AUDIT and found.get("drawn") == Draw.Design.ORDERED:
            self.add_error(
                "drawn", "An audit needs a random draw: an ordered list says nothing about the rest."
            )
        if found.get("gold_percent") and not found.get("golds_from"):
            self.add_error("golds_from", "Say which queue's settled items are the golds.")
        return found

    def subject(self) -> str:
        """Whether the plan is about clips or pairs."""
        return "pair" if self.cleaned_data["kind"] == Queue.Kind.PAIRS else "clip"

    def who(self) -> dict[str, Any]:
        """Who may claim."""
        passed = self.cleaned_data.get("round")
        return {"round": passed.pk} if passed else {}

    def rubric_slug(self) -> str:
        """The rubric chosen, or the kind's own."""
        return self.cleaned_data["rubric"] or RUBRIC_OF_KIND[self.cleaned_data["kind"]]

    def design(self) -> str:
        """How the items are drawn."""
        if self.cleaned_data.get("drawn") in PRIORITIES:
            return str(Draw.Design.POISSON)
        if self.cleaned_data.get("drawn") == Draw.Design.ORDERED:
            return str(Draw.Design.ORDERED)
        if self.cleaned_data["kind"] == Queue.Kind.AUDIT:
            return str(Draw.Design.STRATIFIED)
        return str(Draw.Design.SIMPLE if self.cleaned_data.get("size") else Draw.Design.CENSUS)

    def priority(self, *, corpus: Corpus, policy: Policy | None) -> Mapping[int, float] | None:
        """What comes more often than the rest; None where nothing does. Raises ``BadPlan``."""
        data = self.cleaned_data
        if data.get("drawn") not in PRIORITIES:
            return None
        return priority_of(
            data["drawn"],
            corpus=corpus,
            policy=policy,
            frame=self.frame(),
            band=self.band_share(),
            want=data.get("want") or "kept",
            level=data.get("level") or "sft",
        )

    def band_share(self) -> float:
        """Around a threshold, as a share of it."""
        return float(self.cleaned_data.get("band") or 0.15)

    def floor_share(self) -> float:
        """The least chance as a share (0 to 1] of an even draw's."""
        return (self.cleaned_data.get("floor_percent") or 20) / 100

    def frame(self) -> FrameFilter:
        """What the items are drawn from."""
        question = "tier" if self.rubric_slug() == "tier" else ""
        return FrameFilter(
            tiers=tuple(self.cleaned_data["tiers"]),
            flips_from=self.cleaned_data.get("flips_from"),
            without_verdict=question if self.cleaned_data["only_open"] else "",
        )
