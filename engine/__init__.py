"""Runs a specification: the store, the transition system, the executor, traces."""
