"""Formulas as MathML, which browsers draw themselves: no script, no network."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

#: What is drawn in place of characters that few fonts have, or that mean something else.
CHARACTERS = {"~": "∼", "\u29f5": "∖"}
#: Bars and slashes without space around them, functions with some behind them.
SPACES = (
    (r"<mo[^>]*>&#x000(7C|2F);</mo>", r'<mo stretchy="false" lspace="0" rspace="0">&#x\1;</mo>'),
    (r"<mi>(log|exp)</mi>", r'<mrow><mi>\1</mi><mspace width="0.17em"/></mrow>'),
)


def mathml(latex: str, display: str = "inline") -> str:
    """A formula, its relations as operators, which have space around them."""

    def operator(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        if character.isalpha():
            return found[0]
        return f"<mo>{CHARACTERS.get(character, character)}</mo>"

    formula = re.sub(r"<mi>&#x([0-9A-F]+);</mi>", operator, convert(latex, display=display))
    for pattern, spaced in SPACES:
        formula = re.sub(pattern, spaced, formula)
    return formula


def write_inline(writer: Any, node: nodes.math) -> None:
    """A formula within a line."""
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def write_block(writer: Any, node: nodes.math_block) -> None:
    r"""A formula of its own, with the number that it has by ``\tag`` at the right."""
    latex = node.astext()
    tag = re.search(r"\\tag\{(.+?)\}", latex)
    formula = mathml(latex.replace(tag[0], "") if tag else latex, "block")
    writer.body.append(f'<div class="math-block">{formula}')
    writer.body.append(f"<span>({tag[1]})</span></div>\n" if tag else "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    return {"parallel_read_safe": True}
