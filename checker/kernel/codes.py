"""The codes that kernel.h and Python share."""

from __future__ import annotations

from enum import IntEnum

NONE = 0xFFFFFFFF
"""No number: unknown, absent."""


class Code(IntEnum):
    """What a run of the kernel ends with; kernel.h says which numbers come along."""

    OUT_OF_MEMORY = 1
    TOO_MANY = 2
    ASK_CLASS = 3
    ASK_FOLD = 4
    ASK_ANSWER = 5
    ASK_READERS = 6
    ASK_NODE = 7
    ASK_STEP = 8
    ASK_SWEEP = 9
    REPORT = 10
    NOT_ONE = 11
    PAUSE = 12
    LEVEL = 13
    FULL = 14
    ASK_IMAGE = 15


class Board(IntEnum):
    """Where the counters stand on the kernel's board."""

    STATES = 40
    TRANSITIONS = 41
    AT_REST = 42
    NEXT_STATE = 43
    BYTES = 44
    MEMO_HITS = 45
    MEMO_MISSES = 46
    SITE_HITS = 47
    SITE_MISSES = 48
    ANSWER_MISSES = 49
    CONTENTS = 50


class StepKind(IntEnum):
    """What a step of a firing does."""

    BY_INDEX = 0
    BY_CLASS = 1
    THE_ONE = 2
    NEW = 3
    EFFECTS = 4


class Purpose(IntEnum):
    """What partitions are for."""

    ENVIRONMENT = 0
    ALWAYS = 1
    QUIESCENT = 2
    FAST = 3
    SLOW = 4
    LOSING = 5
    SLOW_LOSING = 6


class Listing(IntEnum):
    """Lists that the kernel shows."""

    FINDING_COUNTS = 0
    FIRST_FINDINGS = 1
    LACKING = 2
    SOURCES = 3
    TARGETS = 4
    GROUPS = 5


class Section(IntEnum):
    """Parts of a kept search that Python treats apart; see sections.h."""

    COUNTERS = 4
    COUNTS = 5


class Edging(IntEnum):
    """Which steps between states are kept."""

    NONE = 0
    OWN = 1
    ALL = 2


FIRST_CHOSEN = 4
"""Where the indices of chosen objects begin on the board; how many there are stands before them."""
