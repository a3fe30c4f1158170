"""Names, labels and label selectors as Kubernetes accepts them (apimachinery ``util/validation``)."""

from __future__ import annotations

import re

from .cursor import Cursor

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")

LABEL_RULE = "a DNS-1123 label: lower case letters, digits and '-', at most 63"
SUBDOMAIN_RULE = "a DNS-1123 subdomain: lower case letters, digits, '-' and '.', at most 253"
KEY_RULE = "a qualified name: [prefix/]name, letters, digits, '-', '_' and '.', at most 63"
VALUE_RULE = "letters, digits, '-', '_' and '.', at most 63, or nothing"
PORT_NAME_RULE = "at most 15 lower case letters, digits and single '-', with a letter"


def problem_with_label(name: str) -> str | None:
    """What is wrong with a DNS-1123 label, or None."""
    return _problem(name, _LABEL, 63, "a DNS-1123 label")


def problem_with_subdomain(name: str) -> str | None:
    """What is wrong with a DNS-1123 subdomain, or None."""
    return _problem(name, _SUBDOMAIN, 253, "a DNS-1123 subdomain")


def problem_with_key(key: str) -> str | None:
    """What is wrong with the key of a label, annotation or taint, or None."""
    prefix, slash, name = key.rpartition("/")
    if slash and problem_with_subdomain(prefix):
        return "has a prefix that is not a DNS-1123 subdomain"
    return _problem(name, _QUALIFIED, 63, "a qualified name")


def problem_with_value(value: str) -> str | None:
    """What is wrong with the value of a label, or None."""
    return None if not value else _problem(value, _QUALIFIED, 63, "a label value")


def problem_with_port_name(name: str) -> str | None:
    """What is wrong with the name of a container's port (IANA service name), or None."""
    if "--" in name or not any(letter.isalpha() for letter in name):
        return "is not a port name"
    return _problem(name, _PORT_NAME, 15, "a port name")


def _problem(text: str, pattern: re.Pattern[str], longest: int, what: str) -> str | None:
    if len(text) > longest:
        return f"has {len(text)} characters"
    return None if pattern.fullmatch(text) else f"is not {what}"


def check_labels(labels: Cursor) -> None:
    """Every key and value of ``labels`` (or of a selector of that form)."""
    for key, value in labels.entries():
        value.check_text(problem_with_value(value.text), VALUE_RULE)
        problem = problem_with_key(key)
        if problem:
            value.reject(f'the key "{key[:80]}" {problem}', KEY_RULE)


def check_selector(selector: Cursor) -> None:
    """A label selector: keys, operators, and values where and only where the operator takes them."""
    check_labels(selector["matchLabels"])
    for requirement in selector["matchExpressions"].items():
        requirement["key"].check_text(problem_with_key(requirement["key"].text), KEY_RULE)
        operator = requirement["operator"]
        operator.check_choice("In", "NotIn", "Exists", "DoesNotExist")
        if operator.text in ("In", "NotIn"):
            requirement["values"].require(f"at least one value with the operator {operator.text}")
        elif operator.text and requirement["values"].value:
            requirement["values"].reject(f"values given with the operator {operator.text}", "no values")
        for value in requirement["values"].items():
            value.check_text(problem_with_value(value.text), VALUE_RULE)
