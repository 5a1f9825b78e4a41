"""Prefect's server as a process of its own: ``python -m flows.cli.temporary_server SOCKET < PIPE``.

It serves on the listening socket that it is given. It ends when its standard input is closed: when the
process that started it ends, whether normally or killed.
"""

import os
import socket
import sys
import threading

import uvicorn


def serve(listening: socket.socket) -> None:
    """Serve until standard input ends."""
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))

    def end_with_starter() -> None:
        # Not sys.stdin: a thread that waits inside it aborts a server that ends by itself.
        while os.read(0, 1):
            pass
        server.should_exit = True

    threading.Thread(target=end_with_starter, daemon=True).start()
    server.run(sockets=[listening])


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
