"""Schema and validation together: what is wrong with documents, each mistake once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import InputError
from .loading import Document
from .schema import schema_errors
from .validation import validate


@dataclass(frozen=True, slots=True)
class Checked:
    """``errors``: everything Kubernetes would reject. ``without_schema``: custom resources, and kinds in
    versions that older releases served: not checked at all."""

    errors: tuple[InputError, ...]
    without_schema: tuple[Document, ...]


def check(documents: Sequence[Document]) -> Checked:
    """Check documents against the schema, and those that pass against Kubernetes' further rules."""
    errors: list[InputError] = []
    without_schema: list[Document] = []
    sound: list[Document] = []
    for document in documents:
        found = schema_errors(document)
        if found is None:
            without_schema.append(document)
        elif found:
            errors += found
        if not found:
            sound.append(document)
    return Checked((*errors, *validate(sound)), tuple(without_schema))
