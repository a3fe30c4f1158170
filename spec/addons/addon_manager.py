"""The addon manager: keeps addons as their manifests on the control-plane node have them (dns-addons §4).

Duty: every 60 s it looks at all objects that bear the label `addonmanager.kubernetes.io/mode`. What is to be reconciled
becomes what its manifest says, and is made anew where it was deleted; what only has to exist is made where it is
missing, and never changed. A field that the manifest does not name is left alone: that is why that of coredns names no
replicas, which an autoscaler would set and the addon manager take back, for ever.

Life of an addon: it is made -> somebody changes or deletes it -> the addon manager puts it back at its next round.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..environment.users import DISRUPTION, ApplySpec
from ..kinds import DEPLOYMENT, FAULT
from ..language.component import Component, Countdown, Key, Rule
from ..language.plan import KEY, Alternative, Call, Named, Set, Step, Write
from ..language.request import ApiCall, Verb
from ..objects.workloads import Deployment, DeploymentSpec

NAME = "addon-manager"

MODE_LABEL = "addonmanager.kubernetes.io/mode"
RECONCILE, ENSURE_EXISTS = "Reconcile", "EnsureExists"
"""Modes: the object is put back whatever becomes of it; or it is only made where it is missing."""

ROUND = 60.0
"""Seconds between two rounds."""


@attrs.frozen(cache_hash=True)
class Addon:
    """A Deployment that the addon manager keeps. ``replicas``: whether its manifest names how many."""

    manifest: Deployment
    mode: str
    replicas: bool = True

    @property
    def name(self) -> str:
        """What it is called."""
        return self.manifest.metadata.name

    def wanted(self, stored: DeploymentSpec) -> DeploymentSpec:
        """What its spec has to be, given what it is."""
        if self.mode != RECONCILE:
            return stored
        spec = attrs.evolve(self.manifest.spec, paused=stored.paused)
        return spec if self.replicas else attrs.evolve(spec, replicas=stored.replicas)


@attrs.frozen(cache_hash=True)
class Kept:
    """An addon, and what is stored of it; None: it is not there."""

    addon: Addon
    stored: DeploymentSpec | None


def kept(addons: Iterable[Addon]) -> Key:
    """The key of Deployments that are addons, unless they are being deleted."""
    known = {addon.name: addon for addon in addons}

    def view(name: str, stored: Deployment | None) -> Kept | None:
        if name not in known or (stored is not None and stored.metadata.terminating):
            return None
        return Kept(known[name], stored.spec if stored is not None else None)

    return Key(DEPLOYMENT, ("name", "object"), view)


def _put_back(key: Kept) -> Iterable[Alternative]:
    addon = key.addon
    if key.stored is None:
        again = attrs.evolve(addon.manifest, metadata=attrs.evolve(addon.manifest.metadata, uid=NAME))
        yield Alternative((Call(KEY, ApiCall(Verb.CREATE, DEPLOYMENT, again)),), f"addon {addon.name} is missing")
        return
    wanted = addon.wanted(key.stored)
    if wanted != key.stored:
        disturbs: tuple[Step, ...] = ()
        if wanted.replicas != key.stored.replicas or wanted.strategy != key.stored.strategy:
            disturbs = (Write(Named(FAULT, DISRUPTION), "used", Set(True)),)
        patch = Call(KEY, ApiCall(Verb.PATCH, DEPLOYMENT, ApplySpec(wanted)))
        yield Alternative((*disturbs, patch), f"addon {addon.name} is not what its manifest says: {_said(key, wanted)}")


def _said(key: Kept, wanted: DeploymentSpec) -> str:
    stored: Any = key.stored
    if wanted.replicas != stored.replicas:
        return f"replicas {stored.replicas}, and not {wanted.replicas}"
    return "its spec was changed"


def component(addons: tuple[Addon, ...]) -> Component:
    """The addon manager of ``addons``."""
    put_back = Rule(
        name="put addon back",
        key=kept(addons),
        decide=_put_back,
        duration=ROUND,
        countdown=Countdown(periodic=True),
        reference="dns-addons §4",
        meaning="an addon becomes what its manifest says, or is made where it is missing",
    )
    return Component(
        NAME,
        (put_back,),
        place="addons",
        duty="keeps addons as their manifests have them",
        reference="dns-addons §4",
    )
