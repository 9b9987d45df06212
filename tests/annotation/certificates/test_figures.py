"""What an audit says: the same numbers as the statistics themselves, from the settled prefix, and "not defined" else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotation.certificates import Cast, Design, Stratum, figures, further, read
from annotation.estimation import (
    Decision,
    Estimate,
    Interval,
    Outcome,
    StratumCount,
    Undefined,
    hajek,
    hypergeometric_interval,
    prefix_sequence,
    stratified_exact,
)
from annotation.sampling import Effort, sequential_poisson
from tests.annotation.certificates import sheets

FREE = next(n for n in range(1, 100) if not sheets.PROCEDURE.due(n))
DUE = next(n for n in range(1, 100) if sheets.PROCEDURE.due(n))


@pytest.mark.parametrize(
    ("answers", "panel", "outcome", "disputed"),
    [
        (("sft", "sft"), None, Outcome.ACCEPTED, False),
        (("pretrain", "pretrain"), None, Outcome.REFUSED, False),
        (("sft",), None, Outcome.PENDING, False),
        (("sft", "reject"), None, Outcome.PENDING, True),
        (("sft", "reject"), "sft", Outcome.ACCEPTED, True),
        (("sft", "reject"), "pretrain", Outcome.PENDING, True),
        (("sft", None), None, Outcome.PENDING, False),
        ((None, "sft", "sft"), None, Outcome.ACCEPTED, False),
    ],
)
def test_two_blind_people_and_a_third_on_dispute(answers, panel, outcome, disputed):
    said = read(sheets.record(FREE, *answers, panel=panel), sheets.PROCEDURE)
    assert (said.outcome, said.disputed) == (outcome, disputed)


def test_what_the_panel_says_after_seeing_the_votes_is_the_last_word():
    split = sheets.record(FREE, "sft", "reject")
    split = replace(split, panel=Cast("p", "panel", "pretrain", seen=True))
    assert read(split, sheets.PROCEDURE).answer == "pretrain"


def test_the_panel_s_check_corrects_the_share_and_leaves_what_the_procedure_said():
    said = read(sheets.record(DUE, "sft", "sft", panel="reject"), sheets.PROCEDURE)
    assert said.outcome is Outcome.ACCEPTED and said.checked and said.panel is False
    waiting = replace(sheets.record(DUE, "sft", "sft"), panel=None)
    assert read(waiting, sheets.PROCEDURE).outcome is Outcome.PENDING


def test_unplayable_is_an_outcome_and_unjudged_is_not():
    broken = tuple(Cast(f"j{n}", f"r{n}", None, ("unplayable",)) for n in range(3))
    item = sheets.record(FREE, out=True)
    assert read(replace(item, votes=broken), sheets.PROCEDURE).outcome is Outcome.UNPLAYABLE
    assert read(item, sheets.PROCEDURE).outcome is Outcome.SKIPPED


def test_a_simple_draw_gives_the_exact_interval_of_its_list():
    found = figures(sheets.audit(), sheets.PROCEDURE, sheets.design(), target=0.8)
    accepted = found.counts.accepted
    wanted = hypergeometric_interval(accepted, 120, 400)
    assert found.share == Estimate(accepted / 120, wanted, 120)
    assert found.sequence == prefix_sequence(found.prefix, 400)
    assert found.state.decision in (Decision.CERTIFY, Decision.UNDECIDED)
    assert found.counts.disputed > 0 and found.counts.checked > 0


def test_only_the_head_of_the_order_counts_however_much_is_settled_behind_it():
    rows = sheets.audit()
    rows[30] = replace(rows[30], votes=(), panel=None)
    found = figures(rows, sheets.PROCEDURE, sheets.design(), target=0.8)
    assert found.counts.prefix == 30 and found.counts.beyond == 89
    assert found.share.n == 30


def test_skipped_items_lower_the_lower_bound_and_raise_the_upper_one():
    rows = sheets.audit()
    plain = figures(rows, sheets.PROCEDURE, sheets.design(), target=0.8)
    rows[3:8] = [replace(row, votes=(), panel=None, out=True) for row in rows[3:8]]
    found = figures(rows, sheets.PROCEDURE, sheets.design(), target=0.8)
    assert found.counts.skipped == 5
    assert found.share.interval.lower < plain.share.interval.lower
    assert found.corrected.corrected.interval.width > plain.corrected.corrected.interval.width


def test_strata_are_weighted_by_their_size_and_an_unjudged_one_leaves_it_undefined():
    strata = (Stratum("3", 900, 60), Stratum("1", 100, 60))
    rows = [
        replace(row, stratum="3" if n % 2 else "1") for n, row in enumerate(sheets.audit(population=1000))
    ]
    found = figures(rows, sheets.PROCEDURE, Design("stratified", 1000, 120, strata), target=0.8)
    tally = {
        name: sum(one.accepted for one, row in zip(found.readings, rows, strict=True) if row.stratum == name)
        for name in ("3", "1")
    }
    assert found.share.value == pytest.approx(0.9 * tally["3"] / 60 + 0.1 * tally["1"] / 60)
    wanted = stratified_exact([StratumCount(900, 60, tally["3"]), StratumCount(100, 60, tally["1"])])
    assert found.share.interval == wanted.interval
    alone = [replace(row, stratum="3") for row in rows[:50]]
    one = figures(alone, sheets.PROCEDURE, Design("stratified", 1000, 120, strata), target=0.8)
    assert isinstance(one.share, Undefined) and "stratum 1" in one.share.reason


def test_unequal_probabilities_are_weighted_and_never_read_while_growing():
    sizes = {str(n): 1.0 + n % 5 for n in range(1, 401)}
    drawn = sequential_poisson(sizes, 120, seed="x", floor=0.05)
    rows = [
        replace(row, probability=item.probability, number=item.number, clip=int(item.item))
        for row, item in zip(sheets.audit(), drawn.items(), strict=True)
    ]
    found = figures(rows, sheets.PROCEDURE, Design("poisson", 400, 120), target=0.8)
    accepted = [one.accepted for one in found.readings]
    assert found.share.value == pytest.approx(hajek(accepted, [r.probability for r in rows]).value)
    assert isinstance(found.sequence, Undefined) and isinstance(found.state, Undefined)
    # A prefix of such a draw is such a draw, with the probabilities of its own length.
    rows[50] = replace(rows[50], votes=(), panel=None)
    head = figures(rows, sheets.PROCEDURE, Design("poisson", 400, 120), target=0.8)
    chances = [item.probability for item in drawn.items(50)]
    assert head.share.value == pytest.approx(hajek(accepted[:50], chances).value)


def test_the_correction_finds_what_two_people_agreed_on_and_got_wrong():
    rows = [
        sheets.record(n, "sft", "sft", panel="reject" if sheets.PROCEDURE.due(n) and n % 2 else None)
        for n in range(1, 301)
    ]
    found = figures(rows, sheets.PROCEDURE, Design("simple", 3000, 300), target=0.8)
    assert found.share.value == 1.0
    assert found.corrected.corrected.value == pytest.approx(1 - found.counts.overruled / found.counts.checked)


def test_nothing_judged_is_not_defined_and_says_so():
    found = figures([sheets.record(FREE)], sheets.PROCEDURE, Design("simple", 9, 1), target=0.8)
    for measure in (found.share, found.sequence, found.hours, found.corrected, found.raters):
        assert isinstance(measure, Undefined)


def test_how_many_more_reaches_the_bound_if_it_goes_on_so():
    rows = sheets.audit(4000, 120, good=0.97, error=0.02)
    plan = Design("simple", 4000, 120)
    found = figures(rows, sheets.PROCEDURE, plan, target=0.9)
    share = found.counts.accepted / 120
    fixed = further(found, plan, 0.9, sequence=False, effort=Effort())
    grown = further(found, plan, 0.9, sequence=True, effort=Effort())
    assert 0 <= fixed.items < grown.items and fixed.judgments == Effort().judgments(fixed.items)
    assert isinstance(further(found, plan, share, sequence=True, effort=Effort()), Undefined)
    assert isinstance(found.share.interval, Interval)


def test_a_bound_that_is_reached_needs_nothing_more():
    """By the interval that is shown, which knows how long the list is."""
    plan = Design("simple", 150, 120)
    found = figures(sheets.audit(150, 120), sheets.PROCEDURE, plan, target=0.8)
    at = found.share.interval.lower
    assert further(found, plan, at, sequence=False, effort=Effort()).items == 0
    more = further(found, plan, at + 0.01, sequence=False, effort=Effort())
    assert 0 < more.items <= 30
