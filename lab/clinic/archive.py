"""The auditors' archive: takes one entry at a time from a pod, and takes its time."""

import asyncio
import random

ENTRY_S = (0.7, 1.9)


class Archive:
    """Where a release that `archives` leaves an entry for each request before it answers."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def enter(self) -> None:
        """Wait for one's turn, and for the archive's receipt."""
        async with self._turn:
            await asyncio.sleep(random.uniform(*ENTRY_S))
