"""The way a request takes to a child that was forked ahead: its length and the log files' descriptors, then the request itself.

Only the standard library, Python 3.8 and later.
"""
import array
import marshal
import os
import socket

HEAD = 8


def send(channel, request, fds):
    """Gives a spare its request; OSError when it is no longer there."""
    text = marshal.dumps(request)
    with channel:
        channel.sendmsg([len(text).to_bytes(HEAD, "little")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
        channel.sendall(text)


def receive(channel):
    """Waits for the request; returns it with the descriptors. Leaves when there will be none."""
    fds = array.array("i")
    head, ancillary, _, _ = channel.recvmsg(HEAD, socket.CMSG_LEN(2 * fds.itemsize))
    if len(head) < HEAD:
        os._exit(0)
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
    missing = int.from_bytes(head, "little")
    parts = []
    while missing:
        part = channel.recv(min(missing, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        missing -= len(part)
    channel.close()
    return marshal.loads(b"".join(parts)), fds
