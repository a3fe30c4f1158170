"""Label selectors and node selectors: which objects a field refers to."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
from frozendict import frozendict

_INTEGER = re.compile(r"[+-]?[0-9]+")
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


def parse_int64(text: str | None) -> int | None:
    """The integer that Go's ``ParseInt(text, 10, 64)`` reads; None where it reports an error, or for None."""
    if text is None or not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if _INT64_MIN <= value <= _INT64_MAX else None


@attrs.frozen(cache_hash=True)
class Requirement:
    """One expression over a key: operators In, NotIn, Exists, DoesNotExist and, on nodes only, Gt and Lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the expression; an unknown operator matches nothing."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                return self._compares(value)
            case _:
                return False

    def _compares(self, value: str | None) -> bool:
        actual = parse_int64(value)
        bound = parse_int64(self.values[0]) if len(self.values) == 1 else None
        if actual is None or bound is None:
            return False
        return actual > bound if self.operator == "Gt" else actual < bound


@attrs.frozen(cache_hash=True)
class LabelSelector:
    """A ``metav1.LabelSelector``: all pairs and all expressions must hold; the empty selector matches everything.

    An absent selector (None in the field that would hold one) matches nothing: see ``selects``.
    """

    match_labels: frozendict[str, str] = frozendict()
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the selector."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            expression.matches(labels) for expression in self.match_expressions
        )

    def narrowed(self, *expressions: Requirement) -> LabelSelector:
        """The selector with further expressions ANDed in."""
        return attrs.evolve(self, match_expressions=self.match_expressions + expressions)


_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return (not slash or bool(_PREFIX.fullmatch(prefix))) and bool(_NAME.fullmatch(name)) and len(name) <= 63


def is_readable(selector: LabelSelector | None) -> bool:
    """Whether a controller can make anything of the selector (``LabelSelectorAsSelector``): its keys and operators.

    The API server lets none in that it cannot; objects that were stored before it checked this are another matter.
    """
    if selector is None:
        return True
    expressions = selector.match_expressions
    keys = (*selector.match_labels, *(expression.key for expression in expressions))
    return all(map(_is_key, keys)) and all(expression.operator in _LABEL_OPERATORS for expression in expressions)


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether the selector matches; an absent selector selects nothing, as ``LabelSelectorAsSelector(nil)`` does."""
    return selector is not None and selector.matches(labels)


@attrs.frozen(cache_hash=True)
class NodeSelectorTerm:
    """Expressions over a node's labels and fields, ANDed; a term without any matches no node."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()

    def matches(self, node_name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node satisfies the term; ``metadata.name`` is the only field there is."""
        if not self.match_expressions and not self.match_fields:
            return False
        fields = {"metadata.name": node_name}
        return all(field.matches(fields) for field in self.match_fields) and all(
            expression.matches(labels) for expression in self.match_expressions
        )


@attrs.frozen(cache_hash=True)
class NodeSelector:
    """Terms, ORed; without terms it matches no node (kube-scheduler §4, NodeAffinity)."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()

    def matches(self, node_name: str, labels: Mapping[str, str]) -> bool:
        """Whether any term matches the node."""
        return any(term.matches(node_name, labels) for term in self.node_selector_terms)
