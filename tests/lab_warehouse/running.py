"""Running the warehouse's commands, and what came of a run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Event = dict[str, Any]


def warehouse(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as its caller runs it."""
    command = [sys.executable, "-m", "lab.warehouse", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: how it ended, the events it sent, and both reports as read afterwards."""

    code: int
    error: str
    events: list[Event]
    reports: dict[str, dict[str, Any]]

    def states(self, job: str) -> list[str]:
        return [event["eventType"] for event in self.events if event["job"]["name"] == job]

    def completed(self, job: str) -> Event:
        return next(e for e in self.events if e["job"]["name"] == job and e["eventType"] == "COMPLETE")
