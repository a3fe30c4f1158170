"""Whether the states of a machine are disjoint and cover all objects, and where its arrows overlap."""
