"""Runs a command with sockets as its stdin, stdout and stderr.

Clients built on Node connect their servers so; ours are built on Python and
use pipes. This stands in between and carries bytes.
"""

import os
import signal
import socket
import subprocess
import sys
import threading


def carry(read, write, at_end) -> None:
    try:
        while data := read(1 << 16):
            write(data)
    except OSError:
        pass
    at_end()


def write_all(descriptor: int):
    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view):]

    return write


def main() -> int:
    pairs = [socket.socketpair() for _ in range(3)]
    ours = [pair[0] for pair in pairs]
    theirs = [pair[1] for pair in pairs]
    child = subprocess.Popen(
        sys.argv[1:], stdin=theirs[0], stdout=theirs[1], stderr=theirs[2], close_fds=True
    )
    for end in theirs:
        end.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    inward = threading.Thread(
        target=carry,
        args=(lambda n: os.read(0, n), ours[0].sendall, lambda: ours[0].shutdown(socket.SHUT_WR)),
        daemon=True,
    )
    outward = [
        threading.Thread(target=carry, args=(end.recv, write_all(target), lambda: None))
        for end, target in ((ours[1], 1), (ours[2], 2))
    ]
    for thread in (inward, *outward):
        thread.start()
    for thread in outward:
        thread.join()
    return child.wait()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)
