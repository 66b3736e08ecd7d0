import asyncio
import inspect
import os
import sys
from typing import Any, Callable, List, Optional, Sequence, TypeVar

from ._chunk import chunk
from ._report import result

Function = TypeVar("Function", bound=Callable[..., Any])
_chosen: Optional[Callable[..., Any]] = None


def process(function: Function) -> Function:
    """Marks the function that does a chunk: `f(start, count)`, or `f(items)` to get the items themselves. What it returns is the chunk's result."""
    global _chosen
    _chosen = function
    function.__dbatch_process__ = True  # type: ignore[attr-defined]
    return function


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """
    Does one chunk with the marked function and ends: the chunk of the run, or `START COUNT` from the command line. Belongs under
    `if __name__ == "__main__":`.
    """
    if _chosen is None:
        sys.exit("dbatch.main() found no function marked with @dbatch.process")
    words: List[str] = list(sys.argv[1:] if arguments is None else arguments)
    if "DBATCH_START" not in os.environ:
        if len(words) < 2 or not all(word.isdigit() for word in words[:2]):
            sys.exit("usage: {} START COUNT (or run it with dbatch)".format(sys.argv[0]))
        os.environ["DBATCH_START"], os.environ["DBATCH_COUNT"] = words[:2]
    start, count = chunk.start, chunk.count
    places = [p for p in inspect.signature(_chosen).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_items = len(places) == 1 or (places and places[0].name == "items")
    value = _chosen(_items(start, count, words)) if takes_items else _chosen(start, count)
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    if value is not None:
        result(value)


def _items(start: int, count: int, words: Sequence[str]) -> Sequence[Any]:
    """The lines of the file that `{items}` names on the command line, else the numbers of the items."""
    for word in words:
        if os.path.basename(word) == "items" and os.path.isfile(word):
            with open(word, encoding="utf-8") as file:
                return file.read().splitlines()
    return range(start, start + count)
