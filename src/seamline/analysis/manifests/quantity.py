"""Amounts as manifests spell them."""

import re

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE]))?", re.ASCII)
_FACTOR = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
# https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-byte-values
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?", re.IGNORECASE | re.ASCII)
_POWER = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def quantity(said: object) -> float | None:
    """A Kubernetes quantity as a number: cores, bytes, counts. None for what is none.

    >>> quantity("250m"), quantity("1.5Gi"), quantity("1e3"), quantity(2), quantity("two")
    (0.25, 1610612736.0, 1000.0, 2.0, None)
    """
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(said).strip())
    if match is None:
        return None
    digits, exponent, suffix = match.groups()
    value = float(digits + (exponent or ""))
    return round(value * _FACTOR.get(suffix or "", 1.0), 9)


def byte_size(said: object) -> float | None:
    """A size as compose spells it, in bytes; its units are powers of 1024.

    >>> byte_size("512m"), byte_size("1.5gb"), byte_size(1024), byte_size("much")
    (536870912.0, 1610612736.0, 1024.0, None)
    """
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    match = _BYTES.fullmatch(str(said).strip())
    return float(match[1]) * 1024.0 ** _POWER[match[2].lower()] if match else None


def bytes_in_words(value: float) -> str:
    """A size for people.

    >>> bytes_in_words(1610612736), bytes_in_words(900)
    ('1.5 GiB', '900 B')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} TiB"
