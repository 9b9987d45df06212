"""Agreement: among people, and of a filter with people."""

from annotation.agreement.coefficients import (
    gwet_ac1,
    krippendorff_alpha,
    raw_agreement,
    specific_agreement,
)
from annotation.agreement.filters import (
    Cell,
    FilterAgreement,
    Judged,
    JudgedItem,
    LeftOut,
    Reading,
    cell_of,
    filter_agreement,
    filter_readings,
)
from annotation.agreement.kappa import cohen_kappa, kappa_ceiling, kappa_max, matthews
from annotation.agreement.people import PairAgreement, PeopleAgreement, people_agreement
from annotation.agreement.raters import RaterProfile, rater_profiles
from annotation.agreement.ratings import Rating, RatingGrid, rating_grid
from annotation.agreement.reported import FittingCounts, ReportedRow, fitting_counts, printed
from annotation.agreement.table import BinaryTable, binary_table
from annotation.estimation.values import Estimate, InputError, Interval, Measure, Undefined, as_plain

__all__ = [
    "BinaryTable",
    "Cell",
    "Estimate",
    "FilterAgreement",
    "FittingCounts",
    "InputError",
    "Interval",
    "Judged",
    "JudgedItem",
    "LeftOut",
    "Measure",
    "PairAgreement",
    "PeopleAgreement",
    "RaterProfile",
    "Rating",
    "RatingGrid",
    "Reading",
    "ReportedRow",
    "Undefined",
    "as_plain",
    "binary_table",
    "cell_of",
    "cohen_kappa",
    "filter_agreement",
    "filter_readings",
    "fitting_counts",
    "gwet_ac1",
    "kappa_ceiling",
    "kappa_max",
    "krippendorff_alpha",
    "matthews",
    "people_agreement",
    "printed",
    "rater_profiles",
    "rating_grid",
    "raw_agreement",
    "specific_agreement",
]
