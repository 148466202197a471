"""Named SQL: the statements of a store live in a `.sql` file beside it, each under a `-- name:` line."""

from functools import cache
from importlib.resources import files


@cache
def load(file: str) -> dict[str, str]:
    """Statement text by name, of one `.sql` file of this folder."""
    statements: dict[str, str] = {}
    for block in files(__package__).joinpath(file).read_text("utf-8").split("-- name: ")[1:]:
        name, _, text = block.partition("\n")
        statements[name.strip()] = text.strip().rstrip(";")
    return statements
