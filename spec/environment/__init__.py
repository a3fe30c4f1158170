"""Everything that is not Kubernetes but acts on it: users, faults, time."""
