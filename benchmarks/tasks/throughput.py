"""Chunks a second of the newest run in a state directory, from its first start to its last end: over the whole run, and over the second half of its chunks."""
import sqlite3
import sys

rows = sqlite3.connect(sys.argv[1] + "/tracker.db").execute(
    "SELECT started_at / 1000.0, started_at / 1000.0 + seconds FROM attempts WHERE outcome = 'succeeded' AND run_no = (SELECT max(run_no) FROM runs)").fetchall()
ends = sorted(end for _, end in rows)
half = len(ends) // 2
print("%.3f %.3f" % (len(ends) / (ends[-1] - min(start for start, _ in rows)), (len(ends) - 1 - half) / (ends[-1] - ends[half])))
