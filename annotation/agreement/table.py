"""The two-by-two table of a filter against people, and the seven figures read off it.

"Positive" is what the filter passed and what people accept: TP passed and accepted, FP passed and not
accepted, FN rejected and accepted, TN rejected and not accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from annotation.agreement.kappa import cohen_kappa, matthews
from annotation.estimation.binomial import proportion
from annotation.estimation.values import Estimate, Interval, Measure, Undefined, check_confidence, check_count

F1_METHOD = "Clopper–Pearson (of TP among TP + FP + FN)"


@dataclass(frozen=True, slots=True)
class BinaryTable:
    """Counts and what follows from them; every figure is an estimate with its interval, or not defined.

    accuracy, precision, recall, specificity and F1 lie in [0, 1] with exact intervals; κ and MCC lie in
    [−1, 1] with approximate ones.
    """

    tp: int
    fp: int
    fn: int
    tn: int
    accuracy: Measure
    precision: Measure
    recall: Measure
    specificity: Measure
    f1: Measure
    kappa: Measure
    mcc: Measure

    @property
    def n(self) -> int:
        """Items in the table."""
        return self.tp + self.fp + self.fn + self.tn

    def metrics(self) -> dict[str, Measure]:
        """The seven figures by name, in the order in which pages show them."""
        return {
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "specificity": self.specificity,
            "f1": self.f1,
            "kappa": self.kappa,
            "mcc": self.mcc,
        }


def binary_table(tp: int, fp: int, fn: int, tn: int, confidence: float = 0.95) -> BinaryTable:
    """The table with accuracy, precision, recall, specificity, F1, κ and MCC at ``confidence``.

    For items drawn with equal probability; raises ``InputError`` for counts below 0 or not whole.
    """
    check_confidence(confidence)
    tp, fp = check_count("tp", tp), check_count("fp", fp)
    fn, tn = check_count("fn", fn), check_count("tn", tn)
    return _binary_table(tp, fp, fn, tn, confidence)


@lru_cache(maxsize=4096)
def _binary_table(tp: int, fp: int, fn: int, tn: int, confidence: float) -> BinaryTable:
    n = tp + fp + fn + tn
    return BinaryTable(
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        accuracy=proportion(tp + tn, n, confidence),
        precision=proportion(tp, tp + fp, confidence, empty="the filter passed none of the judged items"),
        recall=proportion(tp, tp + fn, confidence, empty="people accepted none of the judged items"),
        specificity=proportion(tn, tn + fp, confidence, empty="people accepted every judged item"),
        f1=dice(
            tp, fp + fn, confidence, empty="no judged item was passed by the filter or accepted by people"
        ),
        kappa=cohen_kappa(((tp, fp), (fn, tn)), confidence) if n else Undefined("nothing was judged"),
        mcc=matthews(tp, fp, fn, tn, confidence),
    )


def dice(both: int, one_only: int, confidence: float, *, empty: str, method: str = F1_METHOD) -> Measure:
    """2·both / (2·both + one_only): F1, and the specific agreement of two raters.

    It rises with J = both / (both + one_only), which is a binomial share once the items outside are set
    aside; so the Clopper–Pearson bounds of J, mapped by 2J / (1 + J), are exact.
    """
    jaccard = proportion(both, both + one_only, confidence, empty=empty)
    if isinstance(jaccard, Undefined) or isinstance(jaccard.interval, Undefined):
        return Undefined(empty)
    low, high = (2.0 * bound / (1.0 + bound) for bound in (jaccard.interval.lower, jaccard.interval.upper))
    value = 2 * both / (2 * both + one_only)
    # Rounding in the last digit must not put the value outside its own bounds.
    interval = Interval(min(low, value), max(high, value), confidence, method)
    return Estimate(value, interval, both + one_only)
