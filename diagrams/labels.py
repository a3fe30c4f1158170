"""Text inside pictures: wrapping, and what DOT's HTML-like labels and Mermaid want escaped."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` characters, broken at spaces where there are any."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def escape_html(text: str) -> str:
    """``text`` for a DOT HTML-like label."""
    return html.escape(text, quote=True)


def html_lines(lines: Iterable[str], before: str = "", after: str = "") -> str:
    """Lines of plain text as one DOT HTML-like text, each between ``before`` and ``after``."""
    return '<br align="center"/>'.join(f"{before}{escape_html(line)}{after}" for line in lines)


_MERMAID = {ord(c): f"#{ord(c)};" for c in '#;:"<>{}|&%`'} | {ord("\n"): " "}


def escape_mermaid(text: str) -> str:
    """``text`` with Mermaid's entity codes for all that its grammars treat specially."""
    return text.translate(_MERMAID)
