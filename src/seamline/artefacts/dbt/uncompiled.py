"""A model's text where a manifest has no compiled one.

Nothing is run: the repository's own reader renders templates (`dbt_project`), with the macros that stand beside them, and a
manifest may come without any. A template whose only Jinja is `ref`, `source` and `config` with plain texts in them says as much as the compiled
text would: the names are put in. Whatever else stands in braces is not guessed at.
"""

import re
from collections.abc import Callable, Mapping

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_CONFIG = re.compile(r"\{\{-?\s*config\s*\((?:[^{}]|\{[^{}]*\})*\)\s*-?\}\}")
_NAME = r"\s*(?:'([^'{}]*)'|\"([^\"{}]*)\")\s*"
_REF = re.compile(r"\{\{-?\s*ref\s*\(" + _NAME + r"(?:," + _NAME + r")?\)\s*-?\}\}")
_SOURCE = re.compile(r"\{\{-?\s*source\s*\(" + _NAME + "," + _NAME + r"\)\s*-?\}\}")

Names = Mapping[
    tuple[str, ...], str
]  # (name,), (package, name) or ("source", source, table) -> relation name


def filled(text: str, names: Names) -> str | None:
    """The SQL of a template, None where it holds more than can be told without running it.

    >>> filled("select * from {{ ref('visits') }}", {("visits",): '"lab"."visits"'})
    'select * from "lab"."visits"'
    >>> filled("select {{ dbt_utils.star(ref('visits')) }}", {}) is None
    True
    """
    text = _CONFIG.sub("", _COMMENT.sub("", text))
    try:
        text = _REF.sub(_named(names), text)
        text = _SOURCE.sub(_named(names, "source"), text)
    except KeyError:
        return None
    return None if "{{" in text or "{%" in text else text


def _named(names: Names, *first: str) -> Callable[[re.Match[str]], str]:
    def relation(match: re.Match[str]) -> str:
        said = [text for text in match.groups() if text is not None]
        return names[(*first, *said)]

    return relation
