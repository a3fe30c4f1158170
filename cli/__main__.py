"""`python -m kubemodel.cli` is `kubemodel`."""

from .main import main

main()
