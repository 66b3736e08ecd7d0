"""A chunk that holds memory, computes and waits: mixed.py MIB CPU_SECONDS WAIT_SECONDS."""
import sys
import time

mebibytes, cpu, wait = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
held = bytearray(mebibytes << 20)
held[::4096] = b"\1" * len(range(0, len(held), 4096))  # touched, so that it is memory and not a promise
until = time.process_time() + cpu
while time.process_time() < until:
    pass
time.sleep(wait)
