"""Forms of the facts."""

from __future__ import annotations

from django import forms

from curation.policies.tiers import Tier

TIER_CHOICES = [(tier.word, tier.word) for tier in (Tier.SFT, Tier.PRETRAIN, Tier.REJECT)]


class SubsetForm(forms.Form):
    """Which tiers, on whose word, under which name."""

    name = forms.CharField(max_length=120, strip=True)
    tiers = forms.MultipleChoiceField(choices=TIER_CHOICES)
    validated_only = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])

    @property
    def validated_only_bool(self) -> bool:
        return self.cleaned_data["validated_only"] == "yes"
