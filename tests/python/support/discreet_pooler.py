"""A pooler on loopback that one cannot tell from the server: it hands on which process answers at
first, and says nothing when another one takes over."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

IDLE = b"Z\0\0\0\5I"  #: ReadyForQuery, outside a transaction


class DiscreetPooler:
    """Forwards one connection at a time to `host`:`port`; when the server has closed it, goes there
    anew with the next question. For servers that ask for no password."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def dsn(self, dsn: str) -> str:
        port = self._listener.getsockname()[1]
        return f"{dsn} host=127.0.0.1 port={port} sslmode=disable gssencmode=disable"

    def __enter__(self) -> DiscreetPooler:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(ConnectionError):
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        greeting = client.recv(1 << 16)  # of one piece
        server = socket.create_connection(self._target)
        try:
            server.sendall(greeting)
            while True:
                readable, _, _ = select.select([client, server], [], [])
                if server in readable:
                    said = server.recv(1 << 16)
                    if not said:
                        server.close()
                        select.select([client], [], [])
                        server = socket.create_connection(self._target)
                        _greet(server, greeting)
                    elif b"SFATAL" not in said:  # that it goes is not handed on
                        client.sendall(said)
                elif question := client.recv(1 << 16):
                    server.sendall(question)
                else:
                    return
        finally:
            server.close()


def _greet(server: socket.socket, greeting: bytes) -> None:
    """Begins a session, whose beginning nobody is told."""
    server.sendall(greeting)
    said = b""
    while not said.endswith(IDLE):
        more = server.recv(1 << 16)
        if not more:
            raise ConnectionError("the server refused the session")
        said += more
