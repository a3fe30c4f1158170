"""kube-scheduler: its queue, its filters and its scores."""
