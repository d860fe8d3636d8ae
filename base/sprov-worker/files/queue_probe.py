"""Tell whether this pod's worker is connected to the queue, which is all that can be seen of it from outside.

    queue_probe.py ready    succeeds if it is
    queue_probe.py alive    succeeds if it is, or if the queue takes no connection, which restarting the worker would not mend

RabbitMQ closes the connection of a worker whose heartbeats stop. Runs under Python 2 and 3.
"""

import socket
import sys

QUEUE = ("sprov-queue", 5672)
ESTABLISHED = "01"


def connected():
    """Look for an established connection to the queue's port in the kernel's tables, which hold this pod's connections only."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                rows = [line.split() for line in lines][1:]
        except IOError:  # no IPv6
            continue
        for row in rows:
            remote, state = row[2:4]
            if state == ESTABLISHED and int(remote.split(":")[1], 16) == QUEUE[1]:
                return True
    return False


def queue_answers():
    """Open a connection to the queue and close it again."""
    try:
        socket.create_connection(QUEUE, timeout=3).close()
    except (IOError, OSError):
        return False
    return True


if sys.argv[1] == "ready":
    sys.exit(0 if connected() else "not connected to the queue")
sys.exit("the queue answers, the worker is not connected" if not connected() and queue_answers() else 0)
