"""What is wrong in a scenario document, in the words of whoever wrote it: field, value, what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from ..environment.users import VERBS
from .errors import TYPE_NAMES, InputError, quote
from .loading import Document


def explained(document: Document, error: Any) -> InputError:
    """What the schema says of a document, as one error at the field where it is wrong."""
    path = tuple(error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", ()))
        unknown = min(str(key) for key in value if key not in known)
        return document.error(f"unknown {_what(path)}", (*path, unknown), _one_of(known, unknown))
    if error.validator == "enum":
        return document.error(f"unknown {_what(path)} {quote(value)}", path, _one_of(error.validator_value, value))
    if error.validator == "type":
        problem = f"{_shown(value)} has the wrong type"
        return document.error(problem, path, TYPE_NAMES[error.validator_value])
    if error.validator == "oneOf" and path[0] == "users" and isinstance(value, dict) and len(value) == 1:
        verb, argument = next(iter(value.items()))
        if verb not in VERBS:
            return document.error(f"unknown verb {quote(verb)}", path, _one_of(VERBS, verb))
        return document.error(f"cannot {verb} {_shown(argument)}", path, "a string")
    if error.validator == "oneOf":
        return document.error(f"cannot read {_shown(value)}", path, _ALTERNATIVES[str(path[0])])
    if error.validator == "const":
        return document.error(f"cannot read {_shown(value)}", path, str(error.validator_value))
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        return document.error("missing", (*path, missing), "a value: the field is required")
    return document.error(error.message.replace("\n", " ")[:200], path)


_ALTERNATIVES = {
    "users": f"one verb of {', '.join(VERBS)}, with what it acts on",
    "nodes": "a number of nodes from 1 on, a file of Node manifests, or a list of Nodes",
}
_NOUNS = {
    "alsoCheck": "property",
    "candidates": "process",
    "consistency": "client, kind or level",
    "constants": "constant",
    "descheduler": "setting",
    "addonManager": "setting",
    "faults": "fault",
    "lag": "client or kind",
    "properties": "property",
    "slow": "component or watch",
    "switches": "switch",
}


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quote(value) if isinstance(value, (str, dict, list)) else str(value)


def _what(path: Sequence[Any]) -> str:
    """What stands at a path: the value of a switch is none of its own nouns."""
    if not path:
        return "field"
    return "value" if path[0] == "switches" and len(path) > 1 else _NOUNS.get(str(path[0]), "value")


def _one_of(values: Sequence[Any], given: object) -> str:
    close = difflib.get_close_matches(str(given), list(map(str, values)), n=1)
    return f"{close[0]} (did you mean that?)" if close else f"one of {', '.join(map(str, values))}"
