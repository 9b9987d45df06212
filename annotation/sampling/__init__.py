"""Sampling: what is drawn, with which probability, in which order, and how much of it is needed."""

from annotation.sampling.allocation import StratumKnowledge, neyman_allocation
from annotation.sampling.frame import DrawnItem, draw_simple, draw_stratified
from annotation.sampling.next_best import Candidate, next_best, next_best_size, recall_weights
from annotation.sampling.planner import Effort, Plan, further_items, plan_bound, plan_strata, plan_width
from annotation.sampling.poisson import (
    PoissonDraw,
    RankedItem,
    exact_inclusion,
    sequential_poisson,
    target_array,
    target_probabilities,
)
from annotation.sampling.prn import permanent_random_number
from annotation.sampling.split import Split, split_of

__all__ = [
    "Candidate",
    "DrawnItem",
    "Effort",
    "Plan",
    "PoissonDraw",
    "RankedItem",
    "Split",
    "StratumKnowledge",
    "draw_simple",
    "draw_stratified",
    "exact_inclusion",
    "further_items",
    "next_best",
    "next_best_size",
    "neyman_allocation",
    "permanent_random_number",
    "plan_bound",
    "plan_strata",
    "plan_width",
    "recall_weights",
    "sequential_poisson",
    "split_of",
    "target_array",
    "target_probabilities",
]
