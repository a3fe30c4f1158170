"""Manifests in, objects out."""
