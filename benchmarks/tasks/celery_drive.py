"""`celery_drive.py noop|true TASKS`: submits the tasks and prints seconds from the first submit to the end of the last."""

import os
import sys
import time

import celery_tasks

task, tasks = getattr(celery_tasks, sys.argv[1]), int(sys.argv[2])
task.app.connection_for_write().ensure_connection()
done = os.stat(os.environ["CELERY_TALLY"]).st_size + tasks
started = time.perf_counter()
for start in range(tasks):
    task.delay(start)
while os.stat(os.environ["CELERY_TALLY"]).st_size < done:
    time.sleep(0.002)
print(f"{time.perf_counter() - started:.3f}")
