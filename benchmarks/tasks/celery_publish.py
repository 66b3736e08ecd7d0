"""`celery_publish.py TASKS`: prints how many tasks a second Celery publishes when the broker confirms each."""

import sys
import time

import celery_tasks

tasks = int(sys.argv[1])
celery_tasks.app.conf.broker_transport_options = {"confirm_publish": True}
celery_tasks.noop.delay(0)
started = time.perf_counter()
for start in range(tasks):
    celery_tasks.noop.delay(start)
print(f"{tasks / (time.perf_counter() - started):.0f}")
celery_tasks.app.control.purge()
