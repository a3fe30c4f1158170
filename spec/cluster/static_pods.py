"""Static pods and their mirrors."""

from __future__ import annotations

from ..kinds import STATIC_POD
from ..language.component import Rule
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..node import mirror_pods, static_pods
from ..node.static_pods import full_name, manifest
from .part import Bundles, Part


def needed(scenario: Scenario) -> bool:
    """Whether some kubelet has pods from a file or from HTTP."""
    return bool(scenario.static_pods)


def rules(scenario: Scenario) -> tuple[Rule, ...]:
    """The rules that kubelets have for them."""
    return (*static_pods.RULES, *mirror_pods.RULES) if needed(scenario) else ()


def _names(scenario: Scenario) -> tuple[str, ...]:
    return tuple(sorted(map(full_name, scenario.static_pods)))


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (Kind(STATIC_POD, static_pods.FIELDS, names=_names(scenario)),)


def _initial(scenario: Scenario) -> Bundles:
    return {
        STATIC_POD: tuple(
            {"name": full_name(pod), "place": pod.spec.node_name, "source": manifest(pod), "written": pod}
            for pod in scenario.static_pods
        )
    }


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "static-pods-admitted",
            "a static pod is always admitted, its containers start and end together and end only with their machine;"
            " a file and an HTTP endpoint are read alike, and always answer; a Node that is registered again before the"
            " garbage collector has looked still owns its mirrors",
            "kubelet §2",
        ),
    )


STATIC_PODS = Part(
    "static pods",
    needed,
    kinds=_kinds,
    pod_names=_names,
    initial=_initial,
    machines=(static_pods.STATIC_POD_LIFE,),
    assumptions=_assumptions,
)
