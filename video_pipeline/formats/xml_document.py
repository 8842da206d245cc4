"""XML that other programs wrote: no DTD, so no entities to expand or fetch; small and shallow."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from video_pipeline.errors import TableError
from video_pipeline.output.plain_text import read_plain_bytes

__all__ = ["attribute_text", "element_text", "read_xml", "writable_text"]

_DEEPEST = 32
# All but these may stand in XML 1.0; the halves of a character that a name's bytes may become too.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _RefusedError(Exception):
    """The document holds what no annotation needs."""


class _Builder(ET.TreeBuilder):
    """Builds the tree, and stops at a document type before anything in it is obeyed."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, *declared: str | None) -> None:
        raise _RefusedError(
            f"declares the document type {declared[0]!r}, which could name other files"
        )

    def start(self, tag: Any, attrs: Any) -> ET.Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _RefusedError(f"is nested more than {_DEEPEST} deep")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def read_xml(path: Path) -> ET.Element:
    """The root of an XML document; raises ``TableError`` naming the line that is wrong."""
    content = read_plain_bytes(path)
    parser = ET.XMLParser(target=_Builder())  # noqa: S314
    try:
        parser.feed(content)
        root = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        reason = str(error).partition(":")[0]
        raise TableError(path, f"line {line}, column {column + 1}: is no XML ({reason})") from error
    except _RefusedError as error:
        raise TableError(path, str(error)) from error
    except (LookupError, ValueError) as error:
        raise TableError(path, f"is no XML ({error})") from error
    if not isinstance(root, ET.Element):
        raise TableError(path, "is no XML (it is empty)")
    return root


def writable_text(text: str) -> str:
    r"""The text with what XML has no place for written as ``\x01``."""
    return _UNWRITABLE.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def element_text(text: str) -> str:
    """As the text of an element; a return would be read as a new line."""
    for character, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = text.replace(character, escape)
    return writable_text(text)


def attribute_text(text: str) -> str:
    """As the value of an attribute between double quotes; white space stays what it is."""
    text = element_text(text)
    for character, escape in (('"', "&quot;"), ("\n", "&#10;"), ("\t", "&#9;")):
        text = text.replace(character, escape)
    return text
