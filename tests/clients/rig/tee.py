"""A way to the daemon that changes nothing and records every byte of the answers."""

import socket
import threading

from rig.record import Record


class Tee:
    """Listens on a port of its own and passes everything on, byte by byte."""

    def __init__(self, name: str, record: Record, to: tuple[str, int]):
        self._name, self._record, self._to = name, record, to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                daemon = socket.create_connection(self._to, timeout=10)
            except OSError:
                # A client sees that the daemon is not there.
                client.close()
                continue
            daemon.settimeout(None)
            for end in client, daemon:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(client, daemon, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(daemon, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65536):
                if answers:
                    self._record.keep(f"{self._name}-answers", data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # Whatever the one end suffers, the other learns.
            for end in source, sink:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
