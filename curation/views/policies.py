"""Policies: the list, one in full, a new one from a preset, and activation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from curation.errors import RushesError
from curation.models import ActivationJob, Corpus, Policy
from curation.policies.diff import diff_words
from curation.policies.presets import PRESETS, UnknownPreset
from curation.policies.words import rule_words
from curation.selectors.overview import ScorerState, corpus_funnels, scorer_states
from curation.selectors.policies import activations_of, default_origin, policies_of, policy_get, policy_rules
from curation.selectors.proposals import policy_funnel
from curation.services.activation import STEP, activation_start, policy_activate
from curation.services.audit import audit_write
from curation.services.policies import policy_from_preset
from curation.tasks import activation_run, wake
from curation.views.common import corpus_or_404, found_or_404


def policy_list(request: HttpRequest, corpus: str) -> HttpResponse:
    """Every version, newest first; a POST makes one from a preset."""
    found = corpus_or_404(request, corpus)
    if request.method == "POST":
        return _from_preset(request, found)
    states = scorer_states(found, default_origin(found))
    presets = [
        (preset, [s for s in preset.scorers if s in states and not states[s].is_available])
        for preset in PRESETS.values()
    ]
    context = {
        "corpus": found,
        "policies": list(policies_of(found)[:200]),
        "presets": presets,
        "activations": list(activations_of(found).select_related("by")[:20]),
    }
    return render(request, "curation/policies.html", context)


def policy_page(request: HttpRequest, corpus: str, number: int) -> HttpResponse:
    """One version: its rules in words, what changed, what each rule costs, what cannot be measured here."""
    found = corpus_or_404(request, corpus)
    policy = found_or_404(policy_get, found, number)
    rules = policy_rules(policy)
    previous = (
        Policy.objects.filter(corpus=found, subject=policy.subject, number__lt=number)
        .order_by("-number")
        .first()
    )
    job = ActivationJob.objects.filter(policy=policy).first()
    is_active = policy.pk in (found.active_policy_id, found.active_pair_policy_id)
    switched = job is not None and job.state == ActivationJob.State.SWITCHED
    states = scorer_states(found, policy.origin) if policy.subject == Policy.Subject.CLIP else {}
    steps = {}
    if is_active or switched:
        found_funnels = (
            corpus_funnels(found, policy)[1]
            if policy.subject == Policy.Subject.CLIP
            else policy_funnel(policy)
        )
        steps = {step.ordinal: step for funnel in found_funnels for step in funnel.steps}
    by_tier = [
        (
            tier,
            [
                (i, rule, rule_words(rule), steps.get(i), states.get(rule.spec.scorer))
                for i, rule in rules.of_tier(tier)
            ],
        )
        for tier in rules.tiers
    ]
    context = {
        "corpus": found,
        "policy": policy,
        "by_tier": by_tier,
        "previous": previous,
        "changes": diff_words(policy_rules(previous), rules) if previous else (),
        "lacking": _lacking(rules.scorers, states),
        "job": job,
        "is_active": is_active,
        "has_costs": bool(steps),
        "preset": PRESETS.get(policy.preset),
        "activations": list(activations_of(found).filter(policy=policy).select_related("by")[:10]),
    }
    return render(request, "curation/policy.html", context)


def policy_activate_view(request: HttpRequest, corpus: str, number: int) -> HttpResponse:
    """Make this version the active one: at once where it is quick, else by a worker, with progress on the page."""
    found = corpus_or_404(request, corpus)
    policy = found_or_404(policy_get, found, number)
    why = request.POST.get("why", "").strip()[:2000]
    try:
        job = activation_start(policy=policy, by=request.user, why=why)
        audit_write(actor=request.user, action="policy.activate", object=policy, request=request)
        if job.total <= STEP:
            policy_activate(policy=policy, by=request.user, why=why)
            messages.success(request, f"Policy {policy.number} is active. Its proposals are in place.")
        else:
            wake(activation_run, policy_id=policy.pk)
            messages.info(
                request,
                f"Policy {policy.number} is being applied; the present one stays active until it is whole.",
            )
    except RushesError as error:
        messages.error(request, f"Policy {policy.number} was not activated: {error.sentence}.")
    return redirect("curation:policy", corpus=found.slug, number=policy.number)


def policy_progress(request: HttpRequest, corpus: str, number: int) -> HttpResponse:
    """How far an activation is, as a fragment that asks again until it has ended."""
    found = corpus_or_404(request, corpus)
    policy = found_or_404(policy_get, found, number)
    job = ActivationJob.objects.filter(policy=policy).first()
    response = render(request, "curation/_activation.html", {"corpus": found, "policy": policy, "job": job})
    if job is None or job.state != ActivationJob.State.FILLING:
        response.headers["HX-Refresh"] = "true"
    return response


def _from_preset(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    try:
        policy = policy_from_preset(
            corpus=corpus, preset_name=request.POST.get("preset", ""), by=request.user
        )
    except UnknownPreset as error:
        messages.error(request, str(error))
        return redirect("curation:policies", corpus=corpus.slug)
    audit_write(actor=request.user, action="policy.create", object=policy, request=request)
    return redirect("curation:policy", corpus=corpus.slug, number=policy.number)


def _lacking(scorers: tuple[str, ...], states: dict[str, ScorerState]) -> list[tuple[str, Any]]:
    """Scorers that the rules need and that measured nothing of this corpus; with why, as scorecards recorded it."""
    return [
        (scorer, states[scorer]) for scorer in scorers if scorer in states and not states[scorer].is_available
    ]
