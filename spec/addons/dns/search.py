"""The names that a pod asks for when it looks up a short one (dns-addons §3)."""

from __future__ import annotations

from .records import CLUSTER_DOMAIN

MOST_DOTS = 5
"""``ndots``: a name with fewer dots is first looked for in the search path."""

MOST_PATHS = 32
"""How many paths a pod may search."""


def search_paths(namespace: str, domain: str = CLUSTER_DOMAIN, of_node: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The search path of a pod with the policy ClusterFirst: its namespace, all Services, the zone, then the node's."""
    return (f"{namespace}.svc.{domain}", f"svc.{domain}", domain, *of_node)[:MOST_PATHS]


def asked_for(name: str, paths: tuple[str, ...], dots: int = MOST_DOTS) -> tuple[str, ...]:
    """The full names that are tried, in order, until one is found.

    One that ends with a dot is full; one with ``dots`` dots or more is taken for full (the reference says nothing of
    what a resolver tries after that).
    """
    if name.endswith("."):
        return (name.removesuffix("."),)
    if name.count(".") >= dots:
        return (name,)
    return (*(f"{name}.{path}" for path in paths), name)
