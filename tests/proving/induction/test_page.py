"""The page on proving lists the laws that there are. To write the list anew: WRITE_PAGES=1 ./test tests/proving."""

from __future__ import annotations

import os
from pathlib import Path

from kubemodel.cli.proof_report import table

PAGE = Path(__file__).parents[3] / "docs" / "proving.md"
BEGIN, END = "<!-- laws -->\n", "<!-- end of laws -->"


def test_the_table_of_laws_is_up_to_date() -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    page = before + BEGIN + "\n".join(table()) + "\n" + END + after
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "docs/proving.md is out of date; WRITE_PAGES=1 writes it anew"
