"""From a plugin's raw scores to 0..100 over the candidates (kube-scheduler §5)."""

from __future__ import annotations

from collections.abc import Mapping

MAX_NODE_SCORE = 100

Scores = Mapping[str, int]
"""Node name -> score."""


def share_of_largest(raw: Scores, *, reverse: bool = False) -> Scores:
    """100 x score / largest; ``reverse``: 100 minus that, and 100 for all where the largest is 0."""
    largest = max(raw.values(), default=0)
    if largest == 0:
        return dict.fromkeys(raw, MAX_NODE_SCORE) if reverse else dict(raw)
    shares = {node: MAX_NODE_SCORE * score // largest for node, score in raw.items()}
    return {node: MAX_NODE_SCORE - share for node, share in shares.items()} if reverse else shares


def place_in_range(raw: Scores) -> Scores:
    """100 x (score - smallest) / (largest - smallest); 0 for all where they are equal."""
    smallest, largest = min(raw.values(), default=0), max(raw.values(), default=0)
    span = largest - smallest
    if span == 0:
        return dict.fromkeys(raw, 0)
    return {node: int(MAX_NODE_SCORE * ((score - smallest) / span)) for node, score in raw.items()}
