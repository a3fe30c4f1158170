"""Documents in versions that Kubernetes served once: no error, no part of the check, named in the listing."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.manifests.checking import check
from kubemodel.spec.manifests.coverage import is_modelled, not_modelled
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.removed_versions import REMOVED, removed_in
from kubemodel.spec.manifests.schema import schema_errors


def document(api_version: str, kind: str, **fields: Any) -> Document:
    return Document(
        {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, **fields}, "old.yaml", Lines(1)
    )


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [(version, kind) for versions in REMOVED.values() for version, kinds in versions.items() for kind in kinds],
)
def test_the_newest_schema_serves_none_of_them(api_version: str, kind: str) -> None:
    assert schema_errors(document(api_version, kind)) is None


def test_a_removed_deployment_is_neither_checked_nor_modelled_but_listed() -> None:
    old = document("apps/v1beta1", "Deployment", spec={"replicas": "not a number"})
    assert check([old]).errors == ()
    assert not is_modelled(old)
    (entry,) = not_modelled([old])
    assert (entry.kind, entry.name, entry.field) == ("Deployment of apps/v1beta1", "web", "")
    assert entry.consequence.startswith("removed in 1.16: a current API server refuses it")


def test_a_version_that_was_never_served_is_an_error() -> None:
    never = document("apps/v1beta9", "Deployment")
    assert removed_in(never) is None
    (error,) = check([never]).errors
    assert str(error).startswith('old.yaml:1: apiVersion: kind "Deployment" of "apps/v1beta9" is not served')
