"""Manifests in, plain checked documents out: loading, schema, validation, defaults, coverage and groups."""
