"""Forms of benchmarks and training splits: fields into checked plans, and plans into what the fields begin with."""

from __future__ import annotations

from typing import Any

from django import forms

from curation.benchmarks.allocation import ALLOCATIONS
from curation.benchmarks.errors import BadPlan
from curation.benchmarks.plan import ATTRIBUTES, MOST_UNITS, BenchmarkPlan, Part
from curation.benchmarks.sides import SIDES, SplitPlan
from curation.models import Benchmark, Corpus, Subset
from curation.policies.tiers import Tier

_SETTLED = [(tier.word, tier.word) for tier in (Tier.SFT, Tier.PRETRAIN)]
_WORDS = {"age_group": "age group"}
_UNSEEN = [
    ("report", "tell what is shared"),
    ("hold_out", "hold out of training what shares them"),
    ("strict", "draw none that training shows"),
]


class _Named(forms.Form):
    name = forms.CharField(max_length=120, strip=True)
    seed = forms.CharField(max_length=120, strip=True, initial="1")


class BenchmarkForm(_Named):
    """How many over which strata, of what, apart from what."""

    unit = forms.ChoiceField(choices=[("clip", "clips"), ("pair", "dialogue pairs")], initial="clip")
    tiers = forms.MultipleChoiceField(choices=_SETTLED, initial=["sft"])
    everything = forms.IntegerField(min_value=1, max_value=MOST_UNITS, required=False)
    crossed = forms.MultipleChoiceField(choices=[(name, name) for name in ATTRIBUTES], required=False)
    crossed_size = forms.IntegerField(min_value=1, max_value=MOST_UNITS, required=False)
    allocation = forms.ChoiceField(choices=[(how, how) for how in ALLOCATIONS], initial="equal")
    refill = forms.BooleanField(required=False)
    unknown = forms.BooleanField(required=False)
    answered_only = forms.BooleanField(required=False)
    per_person = forms.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    per_source = forms.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    expected = forms.CharField(required=False, max_length=2000)
    training = forms.ChoiceField()
    unseen = forms.ChoiceField(choices=_UNSEEN, initial="report")
    near = forms.IntegerField(min_value=0, max_value=16, initial=8)

    def __init__(self, *args: Any, corpus: Corpus, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ATTRIBUTES:
            self.fields[f"size_{name}"] = forms.IntegerField(
                label=_WORDS.get(name, name), min_value=1, max_value=MOST_UNITS, required=False
            )
        frozen = Subset.objects.filter(corpus=corpus, benchmark=None).order_by("-pk")[:100]
        lists = [(str(each.pk), f"the frozen list “{each.name}”") for each in frozen]
        field: Any = self.fields["training"]
        field.choices = [
            ("sft,pretrain", "the tiers sft and pretrain"),
            ("sft", "the tier sft"),
            ("pretrain", "the tier pretrain"),
            *lists,
        ]

    @property
    def size_fields(self) -> list[Any]:
        """The fields of the attributes that strata can be made of."""
        return [self[f"size_{name}"] for name in ATTRIBUTES]

    def clean(self) -> dict[str, Any]:
        """Leaves the plan under ``plan``."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            cleaned["plan"] = _plan(cleaned)
        except BadPlan as error:
            raise forms.ValidationError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
        return cleaned


def _plan(said: dict[str, Any]) -> BenchmarkPlan:
    parts = [Part((name,), said[f"size_{name}"]) for name in ATTRIBUTES if said[f"size_{name}"]]
    if bool(said["crossed"]) != bool(said["crossed_size"]):
        raise BadPlan("crossed strata: choose the attributes, and say how many in all")
    if said["crossed"]:
        parts.append(
            Part(tuple(name for name in ATTRIBUTES if name in said["crossed"]), said["crossed_size"])
        )
    if said["everything"]:
        parts.append(Part((), said["everything"]))
    training = said["training"]
    subset = int(training) if training.isdigit() else None
    return BenchmarkPlan(
        tuple(parts),
        unit=said["unit"],
        tiers=tuple(said["tiers"]),
        **({} if subset else {"training_tiers": tuple(training.split(","))}),
        training_subset=subset,
        allocation=said["allocation"],
        refill=said["refill"],
        unknown=said["unknown"],
        unseen=said["unseen"],
        answered_only=said["answered_only"],
        per_person=said["per_person"] or 0,
        per_source=said["per_source"] or 0,
        near=said["near"],
        expected=expected_groups(said["expected"]),
    )


def expected_groups(text: str) -> dict[str, tuple[str, ...]]:
    """``age_group: 0-19, 19-30; gender: female`` as groups by attribute. Raises ``BadPlan``."""
    groups: dict[str, tuple[str, ...]] = {}
    for piece in filter(str.strip, text.split(";")):
        name, colon, values = piece.partition(":")
        found = tuple(value.strip() for value in values.split(",") if value.strip())
        if not colon or not found:
            raise BadPlan(f"expected: {piece.strip()!r} does not read as attribute: group, group")
        groups[name.strip()] = found
    return groups


def initial_of(plan: BenchmarkPlan) -> dict[str, Any]:
    """What the form begins with to ask for ``plan``, a preset."""
    by_name = {part.by[0]: part.size for part in plan.parts if len(part.by) == 1}
    return {
        "unit": plan.unit,
        "tiers": list(plan.tiers),
        "unseen": plan.unseen,
        "everything": next((part.size for part in plan.parts if not part.by), None),
        **{f"size_{name}": size for name, size in by_name.items()},
    }


class SplitForm(_Named):
    """Shares in per cent, over which tiers, with what held out."""

    train = forms.FloatField(min_value=0, max_value=100, initial=80, label="train")
    validation = forms.FloatField(min_value=0, max_value=100, initial=10, label="validation")
    test = forms.FloatField(min_value=0, max_value=100, initial=10, label="test")
    tiers = forms.MultipleChoiceField(choices=_SETTLED, initial=["sft", "pretrain"])
    validated_only = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], initial="no")
    unknown_persons = forms.BooleanField(required=False, initial=True)
    near = forms.IntegerField(min_value=0, max_value=16, initial=8, required=False)
    benchmark = forms.ModelChoiceField(
        queryset=Benchmark.objects.none(), required=False, empty_label="no benchmark"
    )

    def __init__(self, *args: Any, corpus: Corpus, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["benchmark"]
        field.queryset = Benchmark.objects.filter(corpus=corpus).order_by("-pk")

    @property
    def share_fields(self) -> list[Any]:
        """The fields of the sides."""
        return [self[side] for side in SIDES]

    def clean(self) -> dict[str, Any]:
        """Leaves the plan under ``plan``."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            cleaned["plan"] = SplitPlan(
                shares={side: cleaned[side] / 100 for side in SIDES},
                tiers=tuple(cleaned["tiers"]),
                validated_only=cleaned["validated_only"] == "yes",
                unknown_persons=cleaned["unknown_persons"],
                near=8 if cleaned["near"] is None else cleaned["near"],
            )
        except BadPlan as error:
            raise forms.ValidationError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
        return cleaned
