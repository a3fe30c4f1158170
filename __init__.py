"""An executable, model-checked specification of Kubernetes."""
