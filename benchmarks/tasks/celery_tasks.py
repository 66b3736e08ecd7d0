"""The same as Celery tasks, results ignored. Each adds a byte to a file, by which the driver knows how many are done."""

import os
import subprocess

from celery import Celery

app = Celery("benchmark", broker=os.environ["CELERY_BROKER"])
app.conf.update(task_ignore_result=True, task_store_errors_even_if_ignored=False, worker_prefetch_multiplier=4)
tally = os.open(os.environ["CELERY_TALLY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


@app.task
def noop(start):
    os.write(tally, b".")


@app.task
def true(start):
    subprocess.run(["/bin/true"], check=True)
    os.write(tally, b".")
