"""Documents against Kubernetes' published schema: unknown fields, missing ones, wrong types, kinds not served.

The schemas come with the package ``kubernetes-validate``; its own ``validate`` reads 1.8 MB anew for each document and
stops at the first error, so they are put into one jsonschema registry here. Everything heavy is imported on first use.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .errors import TYPE_NAMES, InputError, quote
from .fields import FieldPath
from .loading import Document
from .removed_versions import removed_in

_ADDRESS = "https://kubernetes.io/api/_definitions.json#/$defs/"
_INTEGER_BITS = {"int32": 32, "int64": 64}


@dataclass(frozen=True, slots=True)
class _Schemas:
    """The newest published schemas: their version, names of definitions by (group, version, kind), the checker."""

    version: str
    names: Mapping[tuple[str, str, str], str]
    validator: Any

    def groups(self) -> frozenset[str]:
        return frozenset(group for group, _, _ in self.names)


def schema_errors(document: Document) -> tuple[InputError, ...] | None:
    """The violations of one document; None for a custom resource, and for what older releases served.

    A kind or version that Kubernetes does not serve, of one of its own API groups, is an error: the API server
    would answer 404 to it.
    """
    schemas = _schemas()
    group, _, version = document.api_version.rpartition("/")
    name = schemas.names.get((group, version, document.kind))
    if name is None and removed_in(document) is not None:
        return None
    if name is None:
        return (_not_served(document, group, schemas),) if group in schemas.groups() else None
    validator = schemas.validator.evolve(schema={"$ref": _ADDRESS + name})
    found = [error for raw in validator.iter_errors(document.data) for error in _explain(document, raw)]
    return tuple(sorted(found, key=lambda error: (error.line or 0, error.field or "")))


def _not_served(document: Document, group: str, schemas: _Schemas) -> InputError:
    kind = document.kind
    served = sorted(f"{g}/{v}".lstrip("/") for g, v, k in schemas.names if k == kind)
    what = f"kind {quote(kind)} of {quote(document.api_version)} is not served by Kubernetes {schemas.version}"
    if served:
        return document.error(what, ("apiVersion",), " or ".join(served))
    close = difflib.get_close_matches(kind, {k for g, _, k in schemas.names if g == group}, n=1)
    return document.error(what, ("kind",), f"{close[0]} (did you mean that?)" if close else "a kind of this API group")


def _explain(document: Document, raw: Any) -> Iterator[InputError]:
    """``raw``: a ``jsonschema.ValidationError``, in the words of a user who has never seen the schema."""
    path: FieldPath = tuple(raw.absolute_path)
    if raw.validator == "additionalProperties":
        known = raw.schema.get("properties", {})
        for field in sorted(str(key) for key in raw.instance if key not in known):
            yield document.error("unknown field", (*path, field), _did_you_mean(field, known))
    elif raw.validator == "required":
        missing = next(key for key in raw.validator_value if raw.message.startswith(repr(key)))
        yield document.error("missing", (*path, missing), "a value: the field is required")
    elif raw.validator in ("type", "oneOf"):
        if raw.validator == "oneOf" and raw.instance is None:
            return  # null fits both alternatives of IntOrString and Quantity; Kubernetes reads it as absent
        wanted = [raw.schema] if raw.validator == "type" else raw.validator_value
        yield document.error(f"{_shown(raw.instance)} has the wrong type", path, _type_names(wanted))
    elif raw.validator == "format":
        yield document.error(raw.message, path, f"an integer of {_INTEGER_BITS[raw.validator_value]} bits")
    else:
        yield document.error(raw.message, path)


def _did_you_mean(field: str, known: Mapping[str, Any]) -> str:
    by_lower_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(field.lower(), by_lower_case, n=1)
    if close:
        return f"{by_lower_case[close[0]]} (did you mean that?)"
    return "a field of the schema" if len(known) > 12 else "one of " + ", ".join(sorted(known))


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return TYPE_NAMES["object" if isinstance(value, dict) else "array"]
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quote(value) if isinstance(value, str) else str(value)


def _type_names(schemas: Sequence[Mapping[str, Any]]) -> str:
    types: list[str] = []
    for schema in schemas:
        given = schema.get("type", [])
        types += [given] if isinstance(given, str) else given
    return " or ".join(dict.fromkeys(TYPE_NAMES[name] for name in types if name != "null")) or "another type"


def _check_integer_size(validator: Any, name: str, value: Any, schema: Any) -> Iterator[Any]:
    """The keyword ``format`` for integers: Kubernetes decodes into Go's int32 and int64 and rejects what overflows."""
    import jsonschema

    bits = _INTEGER_BITS.get(name)
    if bits and isinstance(value, int) and not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        yield jsonschema.ValidationError(f"{value} is out of range")


@cache
def _schemas() -> _Schemas:
    import jsonschema
    import referencing
    from kubernetes_validate import utils

    version = utils.latest_version()
    contents = utils.schema_contents(f"kubernetes-json-schema/v{version}-local-strict/_definitions.json", version)
    names = {
        (kind["group"], kind["version"], kind["kind"]): name
        for name, definition in contents["$defs"].items()
        for kind in definition.get("x-kubernetes-group-version-kind", ())
    }
    registry = (referencing.Resource.from_contents(contents) @ referencing.Registry()).crawl()
    # jsonschema leaves this function without types
    extend: Any = jsonschema.validators.extend
    with_sizes = extend(jsonschema.Draft202012Validator, {"format": _check_integer_size})
    return _Schemas(version, names, with_sizes({}, registry=registry))
