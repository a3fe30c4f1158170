"""etcd, kube-apiserver, kube-scheduler and the loops of kube-controller-manager."""
