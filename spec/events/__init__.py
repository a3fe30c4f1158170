"""Kubernetes events as observations of the model: what each reason says that has happened."""
