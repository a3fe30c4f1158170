"""The models of traces that `kubemodel prove` wrote, from what they say of themselves."""

from __future__ import annotations

from ..engine.traces import Trace
from ..engine.transition_system import TransitionSystem
from ..proving.induction.catalogue import PROVABLES, law_called
from ..proving.induction.small_model import API_VERSION, KIND, NoLawError, system_of
from ..spec.manifests.errors import InputError


def is_of_law(trace: Trace) -> bool:
    """Whether the trace says that it comes from a law."""
    return (trace.scenario.get("apiVersion"), trace.scenario.get("kind")) == (API_VERSION, KIND)


def system_of_law(trace: Trace, source: str) -> TransitionSystem:
    """The model of the law that the trace comes from; raises ``InputError`` naming ``source`` if there is none such."""
    name, mutation = str(trace.scenario.get("law")), str(trace.scenario.get("mutation") or "")
    if name not in PROVABLES:
        raise InputError("it comes from an unknown law", source=source, expected=f"one of {', '.join(PROVABLES)}")
    try:
        return system_of(law_called(name, mutation), trace.scenario)
    except KeyError as error:
        known = ", ".join(mutation.name for mutation in PROVABLES[name].mutations)
        raise InputError(f"{name} has no such mutation", source=source, expected=f"one of {known}") from error
    except NoLawError as error:
        raise InputError(str(error), source=source) from error
