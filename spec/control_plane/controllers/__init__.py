"""The control loops of kube-controller-manager, one file a controller."""
