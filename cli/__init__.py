"""Flags, commands and reports of the kubemodel program."""
