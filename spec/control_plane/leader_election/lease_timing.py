"""The durations of a Lease by which leaders are elected, and what they decide (controllers-cluster §11)."""

from __future__ import annotations

from ...language.arithmetic import Number, Truth

LEASE_DURATION = 15
"""Seconds for which a Lease counts after a candidate has last seen it change, on the candidate's own clock."""

RENEW_DEADLINE = 10
"""Seconds without a successful renewal, on its own clock, after which a leader stops leading."""

RETRY_PERIOD = 2
"""Seconds between two attempts of a leader to renew its Lease."""


def has_expired(unchanged: Number) -> Truth:
    """Whether a candidate may take a Lease that it has seen unchanged for so many seconds."""
    return unchanged >= LEASE_DURATION


def must_stop(unrenewed: Number) -> Truth:
    """Whether a leader has to stop that has not renewed its Lease for so many seconds.

    The deadline is that of one attempt and its repetitions, which begin a retry period after the last success.
    """
    return unrenewed >= RETRY_PERIOD + RENEW_DEADLINE
