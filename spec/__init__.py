"""What Kubernetes is: pure data and pure functions, one file or folder for each box of its architecture."""
