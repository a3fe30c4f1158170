"""Draws machines, the architecture and traces."""
