"""The vocabulary in which components, machines, rules and properties are written."""
