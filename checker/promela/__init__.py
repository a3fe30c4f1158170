"""Writes a transition system as a Promela program, so that Spin can count its states again."""
