"""Rubrics that come with Rushes: questions, answers, reasons and their keys. Data only; imports no Django."""

from annotation.rubrics.presets import PRESETS, RubricPreset, preset

__all__ = ["PRESETS", "RubricPreset", "preset"]
