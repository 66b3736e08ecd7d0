import os
from pathlib import Path
from typing import Optional


class Chunk:
    """The chunk at hand. Every property reads the environment when it is asked, because a kept interpreter sees one chunk after the other."""

    @staticmethod
    def _number(name: str, default: int) -> int:
        return int(os.environ.get(name) or default)

    @property
    def start(self) -> int:
        """First item; 0 outside of a run."""
        return self._number("DBATCH_START", 0)

    @property
    def count(self) -> int:
        """Number of items; 1 outside of a run."""
        return self._number("DBATCH_COUNT", 1)

    @property
    def end(self) -> int:
        """The item after the last one."""
        return self.start + self.count

    @property
    def index(self) -> int:
        """Number of the chunk in its run, from 0."""
        return self._number("DBATCH_CHUNK", 0)

    @property
    def total(self) -> int:
        """Number of items in the dataset; outside of a run those of the chunk."""
        return self._number("DBATCH_TOTAL", self.end)

    @property
    def attempt(self) -> int:
        """Number of the attempt, from 1."""
        return self._number("DBATCH_ATTEMPT", 1)

    @property
    def slot(self) -> int:
        """The slot that runs it, from 0."""
        return self._number("DBATCH_SLOT", 0)

    @property
    def seed(self) -> int:
        """Stable 32-bit seed of the chunk, the same on every attempt."""
        return self._number("DBATCH_SEED", 0)

    @property
    def run(self) -> Optional[str]:
        """Id of the run; None outside of one."""
        return os.environ.get("DBATCH_RUN")

    @property
    def out(self) -> Path:
        """Directory for outputs; they become visible when the attempt succeeds. Made when asked for; ./dbatch-out outside of a run."""
        path = Path(os.environ.get("DBATCH_OUT") or "dbatch-out")
        path.mkdir(parents=True, exist_ok=True)
        return path

    def __repr__(self) -> str:
        return "Chunk(start={}, count={}, index={}, attempt={})".format(self.start, self.count, self.index, self.attempt)


chunk = Chunk()
