"""What would have to be wrong with watches, their history and etcd's space for the properties of them to fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from kubemodel.spec.control_plane.apiserver import watch_history
from kubemodel.spec.control_plane.apiserver.watch_history import Position
from kubemodel.spec.control_plane.etcd import space
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.model import ApiRead, Model
from kubemodel.spec.language.request import ApiCall, Response


def resumed_with_a_gap(rule: Rule) -> tuple[Rule, ...]:
    """A watch that could be resumed begins anew instead, at what is stored now."""

    def view(name: str, pending: int, beyond: int) -> tuple[int, int] | None:
        return rule.key.view(name, pending, 1) if pending else rule.key.view(name, pending, beyond)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def overtaking(rule: Rule) -> tuple[Rule, ...]:
    """A bookmark does not wait for the events before it."""

    def view(name: str, pending: int, beyond: int) -> Position | None:
        return rule.key.view(name, 0, beyond) if pending else None

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def without_bookmarks(model: Model) -> Model:
    """The API server sends none."""
    changed = watch_history.component(bookmarks=False)
    components = tuple(changed if it.name == watch_history.NAME else it for it in model.components)
    return attrs.evolve(model, components=components)


@attrs.frozen
class Heedless:
    """An API server whose writes go through though etcd has no space."""

    server: Callable[..., Response]

    def __call__(self, call: ApiCall, stored: Any, *, current: bool, reads: Mapping[ApiRead, Any]) -> Response:
        found = {read: value for read, value in reads.items() if read != space.READ}
        response = self.server(call, stored, current=current, reads=found)
        return attrs.evolve(response, notes=space.notes(stored, response)) if space.exhausted(reads) else response
