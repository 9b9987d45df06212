"""A certificate of older formulas is neither accused nor believed: it is told by its edition, and where that can matter."""

from __future__ import annotations

import copy
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.certificates import EDITION, SEQUENCE, digest_of, findings
from tests.annotation.certificates import sheets


@pytest.fixture(scope="module")
def whole():
    return sheets.document()


def old(document, edition=None, **bounds):
    """``document`` as another edition would have issued it: its corrected bound elsewhere, its digest its own."""
    made = copy.deepcopy(document)
    if edition is None:
        del made["edition"]
    else:
        made["edition"] = edition
    made["figures"]["corrected"]["interval"]["lower"] = bounds.get("lower", 0.61)
    return sealed(made)


def sealed(document):
    document["sha256"] = digest_of(document)
    return document


def told(document, tmp_path):
    """What the command prints of the file alone, and the error that it ends with, if any."""
    path, out = tmp_path / "c.json", StringIO()
    path.write_text(json.dumps(document))
    try:
        call_command("certificate", "verify", str(path), "--alone", stdout=out)
    except CommandError as error:
        return out.getvalue(), error
    return out.getvalue(), None


def test_each_certificate_names_the_edition_of_its_formulas(whole):
    assert whole["edition"] == EDITION


def test_a_digit_that_changes_asks_for_a_new_edition(whole):
    """Fails where a formula gives other digits: raise ``EDITION``, say what changed, and write the new ones here."""
    figures = whole["figures"]
    bounds = {
        name: (figures[name]["interval"]["lower"], figures[name]["interval"]["upper"])
        for name in ("share", "sequence", "hours", "corrected")
    }
    assert (EDITION, bounds) == (
        2,
        {
            "share": pytest.approx((0.8525, 0.945), rel=1e-9),
            "sequence": pytest.approx((0.815, 0.95), rel=1e-9),
            "hours": pytest.approx((0.8590745764078135, 0.9632832100490575), rel=1e-9),
            "corrected": pytest.approx((0.660130821024772, 1.0), rel=1e-9),
        },
    )


@pytest.mark.parametrize(("edition", "named"), [(None, "edition 1 (it names none)"), (1, "edition 1,")])
def test_older_formulas_are_named_as_the_possible_reason_and_nothing_is_called_verified(
    whole, tmp_path, edition, named
):
    said, error = told(old(whole, edition), tmp_path)
    assert error is not None and error.returncode == 2
    assert f"Not verified: issued under formulas {named}" in str(error)
    assert f"this version computes edition {EDITION}; figures that depend on it may differ" in str(error)
    assert "figures.corrected.interval.lower: the file says 0.61" in said
    assert whole["statement"]["sentence"] in said, "what the same judgments give today"
    assert "Every figure follows" not in said


@pytest.mark.parametrize("edition", [None, EDITION + 1])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("counts", "accepted"), 120),
        (("items", 5, "probability"), 0.9),
        (("items", 0, "votes", 0, "answer"), "undecided"),
        (("raters", "a"), 1),
        (("draw", "population"), 4000),
    ],
)
def test_no_edition_excuses_what_hangs_on_no_formula(whole, edition, path, value):
    changed = old(whole, edition)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert findings(sealed(changed)).wrong


def test_an_older_edition_excuses_only_what_has_changed_since(whole, tmp_path):
    changed = old(whole)
    changed["figures"]["share"]["interval"]["lower"] = changed["figures"]["lower_bound"] = 0.999
    found = findings(sealed(changed))
    assert {each.where for each in found.wrong} == {"figures.share.interval.lower", "figures.lower_bound"}
    assert {each.where for each in found.open} == {"figures.corrected.interval.lower"}
    _, error = told(changed, tmp_path)
    assert error is not None and error.returncode == 1
    assert "2 things differ" in str(error) and "formulas edition 1" in str(error)
    early = sheets.document(reading=SEQUENCE)
    early["figures"]["lower_bound"] = 0.5
    del early["edition"]
    assert not findings(sealed(early)).wrong, "a sequence's bounds did change"


def test_a_label_alone_changes_nothing_of_what_was_recomputed(whole, tmp_path):
    """Whoever only writes another edition gains nothing: each figure is still held against its judgments."""
    changed = copy.deepcopy(whole)
    changed["edition"] = 1
    assert {each.where for each in findings(changed).wrong} == {"sha256"}
    said, error = told(sealed(changed), tmp_path)
    assert error is None and "issued under formulas edition 1; by edition" in said


@pytest.mark.parametrize("edition", [EDITION + 1, 10**11])
def test_of_a_later_edition_nothing_is_known_so_nothing_is_verified(whole, tmp_path, edition):
    changed = old(whole, edition)
    changed["statement"]["sentence"] = "All is well."
    said, error = told(sealed(changed), tmp_path)
    assert error is not None and error.returncode == 2 and "Not verified" in str(error)
    assert whole["statement"]["sentence"] in said


@pytest.mark.parametrize("edition", [0, -3])
def test_an_edition_that_never_was_is_a_fault_of_the_file(whole, edition):
    assert "edition" in {each.where for each in findings(old(whole, edition)).wrong}
