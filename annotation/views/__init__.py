"""Thin views of review: parse, one service or selector, answer."""
