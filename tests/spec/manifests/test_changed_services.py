"""What users may do to Services."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.manifests.errors import InputError

from ..exploration import CLIENT, bare_pod, scenario, service


def _applied(*todo: dict[str, str], clients: bool = True, before: str = "10.96.0.7", **spec: Any) -> Any:
    return scenario(
        bare_pod(),
        service(clusterIP=before),
        users=[list(todo)],
        applied={"0.yaml": [service(**spec)]},
        **(CLIENT if clients else {}),
    )


DELETE, APPLY = {"delete": "service/web"}, {"apply": "0.yaml"}


@pytest.mark.parametrize(
    ("todo", "address"), [([APPLY], "10.96.0.7"), ([APPLY], ""), ([DELETE, APPLY], "10.96.0.8"), ([DELETE], "")]
)
def test_a_service_may_change(todo: list[dict[str, str]], address: str) -> None:
    assert _applied(*todo, **({"clusterIP": address} if address else {})).users


def test_an_address_stays() -> None:
    with pytest.raises(InputError, match=r"spec\.clusterIP of Service .web. may not change once set"):
        _applied(APPLY, clusterIP="10.96.0.8")


def test_a_headless_service_stays_headless() -> None:
    with pytest.raises(InputError, match="becomes one without an address"):
        _applied(DELETE, APPLY, clusterIP="None")


def test_somebody_must_care() -> None:
    with pytest.raises(InputError, match="nobody connects to Services"):
        _applied(DELETE, clients=False)
