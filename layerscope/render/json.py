"""The JSON contract: one object on one line, the same bytes for the same report.

Strings are the report's own; nothing is shortened, or escaped beyond what JSON asks. JSON is Unicode, and a
path of an image need not be: a byte that is no UTF-8 is written as U+FFFD (the replacement character) and
its two hexadecimal digits, so that the name ``caf`` + byte E9 becomes ``"caf\N{REPLACEMENT CHARACTER}e9"``.
That this can be read back without doubt, U+FFFD itself is written in that way too, as its three bytes EF,
BF and BD. To get a string's bytes, take its UTF-8, with every U+FFFD and the two digits behind it replaced
by the byte.
"""

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from layerscope.render.kit.view import View
from layerscope.report import Report

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.changes import DiffReport
    from layerscope.comparison import CompareReport
    from layerscope.proposals import SplitReport
    from layerscope.stored import StoredReport

    _Contract = Report | CompareReport | DiffReport | SplitReport | StoredReport | WhyReport

_UNFAITHFUL: Final = "[\ud800-\udfff\ufffd]"


def render(report: "_Contract", view: View) -> str:  # noqa: ARG001 - every format is asked in the same way
    """Write the report as the JSON contract has it, with a newline at the end."""
    try:
        text = _line(report)
    except UnicodeEncodeError:
        text = ""
    if not text or "\ufffd" in text:
        text = _line(_faithful(msgspec.to_builtins(report)))
    return text


def schema(of: "type[_Contract]" = Report) -> str:
    """Write the JSON Schema of a contract, as the folder docs has it."""
    from inspect import cleandoc

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    described = dialect | msgspec.json.schema(of)
    for record in described["$defs"].values():  # Python 3.13 takes the indentation off docstrings, 3.11 leaves it
        if "description" in record:
            record["description"] = cleandoc(record["description"])
    return msgspec.json.format(msgspec.json.encode(described)).decode() + "\n"


def _line(value: Any) -> str:
    """Write a line; megabytes of several images are not copied for the sake of its end."""
    line = bytearray()
    msgspec.json.Encoder().encode_into(value, line)
    line += b"\n"
    return line.decode()


def _faithful(value: Any) -> Any:
    """Write what JSON cannot hold as the module's docstring says, in every string within ``value``."""
    match value:
        case str():
            return re.sub(_UNFAITHFUL, _as_bytes, value)
        case dict():
            return {key: _faithful(item) for key, item in value.items()}
        case list() | tuple():
            return [_faithful(item) for item in value]
    return value


def _as_bytes(found: re.Match[str]) -> str:
    """Write a character as its bytes; a surrogate escape (PEP 383) stands for one byte."""
    escapes = "surrogateescape" if "\udc80" <= found[0] <= "\udcff" else "surrogatepass"
    return "".join(f"\ufffd{byte:02x}" for byte in found[0].encode("utf-8", escapes))
