"""Names of dialects, as sqlglot has them."""

from seamline.model.errors import Fix


def checked(name: str) -> str:
    """A dialect's name, "" for none given. Raises Fix for one that nothing is known of."""
    if not name:
        return ""
    from sqlglot.dialects import DIALECTS

    known = sorted(one.lower() for one in DIALECTS)
    if name.lower() not in known:
        raise Fix(f"{name}: no such dialect", hint=f"one of {', '.join(known)}")
    return name.lower()
