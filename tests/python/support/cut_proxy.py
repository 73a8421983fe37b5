"""A TCP proxy on loopback that cuts connections where a test wants, and counts what it forwards.

    with CutProxy(host, port) as proxy:
        proxy.cut = Cut("up", after=812)             # holds for every connection made from now on
        playmirror.connect(f"{dsn} host=127.0.0.1 port={proxy.port}")

"up" is from the client to the server. One thread per connection, which sleeps when nothing comes.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field, replace
from typing import Literal

Direction = Literal["up", "down"]
How = Literal["reset", "half_open", "black_hole"]


@dataclass(frozen=True)
class Cut:
    """What happens once exactly `after` bytes have gone in `direction`, counted from a message from
    the client that holds `behind`, if that is given.

    reset      both ends get a TCP reset
    half_open  the client gets a reset; the server notices nothing for `linger` seconds
    black_hole nothing is forwarded any more, in either direction, and nobody is told
    """

    direction: Direction
    after: int
    how: How = "reset"
    linger: float = 5.0
    behind: bytes = b""


@dataclass
class Traffic:
    """What one connection forwarded."""

    cut: Cut | None = None  #: may be set while the connection lives
    up: int = 0
    down: int = 0
    round_trips: int = 0  #: how often an answer followed a question
    was_cut: bool = False
    chunks: list[tuple[Direction, int]] = field(default_factory=list)  #: in order, with sizes

    def count(self, direction: Direction, size: int) -> None:
        if direction == "down" and self.chunks and self.chunks[-1][0] == "up":
            self.round_trips += 1
        self.chunks.append((direction, size))
        setattr(self, direction, getattr(self, direction) + size)

    def __getitem__(self, direction: Direction) -> int:
        return self.up if direction == "up" else self.down


class CutProxy:
    """Forwards to `host`:`port` from a free port of its own until it is closed."""

    def __init__(self, host: str, port: int) -> None:
        self.cut: Cut | None = None
        self.delay = 0.0  #: seconds that each piece takes on its way
        self.connections: list[Traffic] = []
        self._target = (host, port)
        self._closing = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def dsn(self, dsn: str) -> str:
        """The same database by way of this proxy; libpq takes the last of each keyword."""
        return f"{dsn} host=127.0.0.1 port={self.port}"

    @property
    def last(self) -> Traffic:
        return self.connections[-1]

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            for each in [self._listener, *self._sockets]:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
        self._acceptor.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> CutProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            traffic = Traffic(self.cut)
            self.connections.append(traffic)
            thread = threading.Thread(target=self._serve, args=(client, traffic), daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()

    def _serve(self, client: socket.socket, traffic: Traffic) -> None:
        with client:
            try:
                server = socket.create_connection(self._target)
            except OSError:
                return
            with server, self._woken_at_close(client, server):
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with contextlib.suppress(OSError):  # one end went away: so do we
                    self._forward(client, server, traffic)
                cut = traffic.cut
                if not traffic.was_cut or cut is None:
                    return
                if cut.how == "black_hole":
                    self._swallow(client)
                else:
                    _reset(client)
                    if cut.how == "half_open":
                        self._closing.wait(cut.linger)
                    _reset(server)

    @contextlib.contextmanager
    def _woken_at_close(self, *sockets: socket.socket):
        with self._lock:
            self._sockets.update(sockets)
        try:
            yield
        finally:
            with self._lock:
                self._sockets.difference_update(sockets)

    def _forward(self, client: socket.socket, server: socket.socket, traffic: Traffic) -> None:
        """Returns when an end has closed, or when it is time to cut."""

        def is_time() -> bool:
            cut = traffic.cut
            counts = cut is not None and not cut.behind
            traffic.was_cut = counts and traffic[cut.direction] >= cut.after
            return traffic.was_cut

        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, ("up", server))
            selector.register(server, selectors.EVENT_READ, ("down", client))
            while not self._closing.is_set():
                if is_time():
                    return
                for key, _ in selector.select():
                    direction, target = key.data
                    if (cut := traffic.cut) and cut.direction == direction and is_time():
                        return
                    most = 1 << 16
                    if cut is not None and direction == cut.direction and not cut.behind:
                        most = min(most, cut.after - traffic[direction])
                    data = key.fileobj.recv(most)  # type: ignore[union-attr]
                    if not data:
                        return
                    if cut is not None and cut.behind and cut.behind in data:
                        after = traffic[cut.direction] + cut.after
                        traffic.cut = replace(cut, after=after, behind=b"")
                        if is_time():
                            return
                    if self.delay:
                        self._closing.wait(self.delay)
                    traffic.count(direction, len(data))  # first: who gets it may look at once
                    target.sendall(data)
                    if is_time():
                        break

    def _swallow(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not self._closing.is_set() and client.recv(1 << 16):
                pass


def _reset(end: socket.socket) -> None:
    """Closes with RST instead of FIN."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
