"""Filter plugins of the kube-scheduler: which nodes a pod may run on (reference kube-scheduler §4)."""
