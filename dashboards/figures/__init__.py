"""Figures: pure functions from numbers to Plotly figures. No Django, no reads."""
