"""Why a pipeline run stops; each message is one line for the terminal."""

from __future__ import annotations


class WarehouseError(Exception):
    """The command can't be carried out as given: exit 2."""


class JobFailed(Exception):
    """One job failed for real and told the lineage sink; running again may help: exit 3."""

    def __init__(self, job: str, reason: str) -> None:
        super().__init__(f"{job} failed: {reason}")
        self.job = job


def first_line(error: BaseException) -> str:
    """The first line of an error that says something, else its type."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
