"""Free ports on loopback."""

import random
import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
# Below what Linux gives to outgoing connections (net.ipv4.ip_local_port_range, from 32768): one of those could otherwise take
# the port between our look and the server's start.
_RANGE = range(20000, 32768)


def free_ports(count: int) -> list[int]:
    """So many different ports that nothing listens on; raises ``OSError`` where there are not enough of them."""
    with ExitStack() as held:
        ports: list[int] = []
        for port in random.SystemRandom().sample(_RANGE, len(_RANGE)):
            if len(ports) == count:
                return ports
            listener = held.enter_context(socket.socket())
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                continue
            ports.append(port)
    raise OSError(f"no {count} free ports between {_RANGE.start} and {_RANGE.stop}")
