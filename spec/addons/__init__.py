"""Addons: what a cluster may run besides Kubernetes itself."""
