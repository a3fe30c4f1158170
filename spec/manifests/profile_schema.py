"""How a scenario describes a profile of the scheduler: the JSON schema of its plug-ins and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..control_plane.scheduler.filtering import FILTERS
from ..control_plane.scheduler.profiles import EVERY, REQUESTED_TO_CAPACITY_RATIO, STRATEGIES
from ..control_plane.scheduler.scores.node_resources_fit import MAX_SHAPE_SCORE
from ..control_plane.scheduler.scoring import DEFAULT_PROFILE
from ..switches import SWITCHES

MOST_WEIGHT = 2**31 - 1
"""What a weight can be at most: it is an int32."""

MOST_OF_RESOURCE = 100
MOST_HARD_WEIGHT = 100


def _mapping(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        "required": list(required),
    }


def _between(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _names(known: Iterable[str]) -> dict[str, Any]:
    return {"type": "array", "uniqueItems": True, "items": {"enum": list(known)}}


_SCORING = {"enum": list(SWITCHES["scoring"].values)}

_STRATEGY = {
    **_mapping(
        {
            "type": {"enum": list(STRATEGIES)},
            "resources": {
                "type": "array",
                "items": _mapping({"name": {"type": "string"}, "weight": _between(1, MOST_OF_RESOURCE)}, ("name",)),
            },
            "shape": {
                "type": "array",
                "minItems": 1,
                "items": _mapping(
                    {"utilization": _between(0, 100), "score": _between(0, MAX_SHAPE_SCORE)}, ("utilization", "score")
                ),
            },
        }
    ),
    "if": {"properties": {"type": {"const": REQUESTED_TO_CAPACITY_RATIO}}, "required": ["type"]},
    "then": {"required": ["shape"]},
    "else": {"properties": {"shape": False}},
}

_SCORE = _mapping(
    {
        "disabled": _names((*DEFAULT_PROFILE, EVERY)),
        "enabled": {
            "type": "array",
            "items": _mapping({"name": {"enum": list(DEFAULT_PROFILE)}, "weight": _between(1, MOST_WEIGHT)}, ("name",)),
        },
    }
)

PROFILE: Mapping[str, Any] = {
    "anyOf": [
        _SCORING,
        _mapping(
            {
                "scoring": _SCORING,
                "scoringStrategy": {"anyOf": [{"enum": [*STRATEGIES[:2]]}, _STRATEGY]},
                "percentageOfNodesToScore": _between(0, 100),
                "hardPodAffinityWeight": _between(0, MOST_HARD_WEIGHT),
                "filter": _mapping({"disabled": _names((*FILTERS, EVERY)), "enabled": _names(FILTERS)}),
                "score": _SCORE,
            }
        ),
    ]
}
"""A way to score by its name, or plug-ins and their arguments (kube-scheduler §4, §5)."""
