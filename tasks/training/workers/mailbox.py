"""What the first worker sends to the process that ordered a training, kept until that process asks for it."""

from typing import TypeVar

Message = TypeVar("Message")


class Mailbox:
    """Messages in the order in which they came, and a word back: whether the training has to end."""

    def __init__(self) -> None:
        self._waiting: list[object] = []
        self._is_stopped = False

    def put(self, message: object) -> bool:
        """Keep a message; return whether the training has to end."""
        self._waiting.append(message)
        return self._is_stopped

    def take(self) -> list[object]:
        """Return the messages that came since the last call."""
        taken, self._waiting = self._waiting, []
        return taken

    def stop(self) -> None:
        """Let the training end at its next message."""
        self._is_stopped = True
