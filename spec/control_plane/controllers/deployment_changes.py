"""The edits that the Deployment controller asks the API server for (controllers-workloads §2)."""

from __future__ import annotations

import attrs

from ...objects.metadata import OwnerReference
from ...objects.workloads import Deployment, DeploymentStatus, ReplicaSet
from .deployment_replica_sets import with_revision, with_scale


@attrs.frozen(cache_hash=True)
class AdoptReplicaSet:
    """The edit that makes ``owner`` the controller of a ReplicaSet."""

    owner: OwnerReference

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet with the reference added."""
        references = (*stored.metadata.owner_references, self.owner)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owner_references=references))


@attrs.frozen(cache_hash=True)
class ReviseTo:
    """The edit that makes a ReplicaSet the newest: it gets ``revision``, and the Deployment's minReadySeconds."""

    revision: int
    min_ready_seconds: int

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet with its new revision."""
        annotations = with_revision(stored.metadata.annotations, self.revision)
        return attrs.evolve(
            stored,
            metadata=attrs.evolve(stored.metadata, annotations=annotations),
            spec=attrs.evolve(stored.spec, min_ready_seconds=self.min_ready_seconds),
        )


@attrs.frozen(cache_hash=True)
class ScaleTo:
    """The edit that gives a ReplicaSet ``replicas``, and the Deployment's desired count and most as annotations."""

    replicas: int
    desired: int
    most: int

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet scaled."""
        annotations = with_scale(stored.metadata.annotations, (self.desired, self.most))
        return attrs.evolve(
            stored,
            metadata=attrs.evolve(stored.metadata, annotations=annotations),
            spec=attrs.evolve(stored.spec, replicas=self.replicas),
        )


@attrs.frozen(cache_hash=True)
class ReportStatus:
    """The edit that stores a Deployment's status."""

    status: DeploymentStatus

    def __call__(self, stored: Deployment, /) -> Deployment:
        """The Deployment with the status."""
        return attrs.evolve(stored, status=self.status)
