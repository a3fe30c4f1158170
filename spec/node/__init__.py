"""What runs on every node: kubelet and container runtime."""
