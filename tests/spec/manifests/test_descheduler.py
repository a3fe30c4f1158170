"""The descheduler of a scenario: what it says, and what is left out without it."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.cluster import build
from kubemodel.spec.language.scenario import Descheduler
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.settings import Settings, as_document, settings_of
from kubemodel.spec.manifests.settings_schema import API_VERSION, KIND
from kubemodel.spec.manifests.yaml_text import Lines

from ..exploration import SPREADING, deployment, scenario


def _read(descheduler: object) -> Settings:
    data = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "small"}, "descheduler": descheduler}
    return settings_of(Document(data, "small.yaml", Lines(1)))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"strategies": ["RemoveDuplicates"]}, Descheduler(("RemoveDuplicates",))),
        (
            {"strategies": ["RemoveDuplicates"], "intervalSeconds": 10, "includeSoftConstraints": True},
            Descheduler(("RemoveDuplicates",), 10.0, True),
        ),
    ],
)
def test_it_is_written_as_it_was_read(said: object, wanted: Descheduler) -> None:
    settings = _read(said)
    assert settings.descheduler == wanted
    assert as_document(settings)["descheduler"] == said


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"strategies": ["RemoveDuplicate"]}, 'unknown setting "RemoveDuplicate"; expected RemoveDuplicates'),
        ({"strategies": ["RemoveDuplicates"], "interval": 1}, "unknown setting"),
        ({}, "missing"),
    ],
)
def test_what_it_does_not_know_is_refused(said: object, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        _read(said)


def test_it_is_in_the_model_only_where_it_is_asked_for() -> None:
    without, with_one = scenario(deployment()), scenario(deployment(), descheduler=SPREADING)
    names = [{it.name for it in build(each).components} for each in (without, with_one)]
    assert names[1] - names[0] == {"descheduler", "kube-apiserver"}
    assert attrs.evolve(with_one, descheduler=None) == without
