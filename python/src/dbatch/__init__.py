"""What a script sees of the chunk it works on. Optional: DistributedBatch runs scripts that know nothing of it."""
from ._chunk import Chunk, chunk
from ._main import main, process
from ._report import progress, result

__all__ = ["Chunk", "chunk", "main", "process", "progress", "result"]
__version__ = "0.1.0"
