"""Explores a transition system. Knows nothing of Kubernetes."""
