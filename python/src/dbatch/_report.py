import json
import os
import sys
import time
from typing import Any

_SHOW_EVERY_SECONDS = 1.0
_shown = 0.0


def progress(fraction: float, note: str = "") -> None:
    """Says how far the chunk is, from 0 to 1. At most one line a second goes to standard error, and so to the chunk's log."""
    global _shown
    now = time.monotonic()
    if now - _shown < _SHOW_EVERY_SECONDS and fraction < 1:
        return
    _shown = now
    print("progress {:.0%} {}".format(min(max(fraction, 0.0), 1.0), note).rstrip(), file=sys.stderr, flush=True)


def result(value: Any) -> None:
    """Makes `value` the chunk's small result: anything JSON can hold, at most 64 KiB. Printed outside of a run."""
    text = json.dumps(value, default=_plain)
    path = os.environ.get("DBATCH_RESULT")
    if path is None:
        print(text)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _plain(value: Any) -> Any:
    for name in ("tolist", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, (set, frozenset, range)):
        return list(value)
    if hasattr(value, "__fspath__"):
        return os.fspath(value)
    raise TypeError("a {} cannot be a result; give numbers, texts, lists and dicts".format(type(value).__name__))
