"""Kubernetes' own test tables, put to the functions that the model calls (docs/conformance.md)."""
