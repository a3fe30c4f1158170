"""The named properties, by their names in the reference."""
