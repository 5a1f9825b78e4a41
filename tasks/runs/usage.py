"""What work used: CPU time, peak memory, bytes read and written, as the kernel counts them for a process.

A block is measured where it runs. Workers measure their jobs in their own processes and send the figures with
the results; `add_elsewhere` adds them to every block that is being measured here.
"""

from __future__ import annotations

import resource
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

PROCESS = uuid.uuid4().hex
"""Identifies this process, among those of all machines."""

_RESET_PEAK, _STATUS, _IO = Path("/proc/self/clear_refs"), Path("/proc/self/status"), Path("/proc/self/io")


class Usage(BaseModel):
    """What some work used, in all processes that did it; None where the system does not count it."""

    model_config = ConfigDict(frozen=True)

    cpu_seconds: float
    """Of all threads, in user and system mode; the time of a GPU is not among it."""
    peak_bytes: int | None
    """Largest resident memory that any one process had during the work, with all that it held before."""
    read_bytes: int | None
    written_bytes: int | None
    """By system calls on files, whether a disk or a cache served them; what a bucket sends is not counted."""

    def __add__(self, other: Usage) -> Usage:
        peaks = [peak for peak in (self.peak_bytes, other.peak_bytes) if peak is not None]
        return Usage(
            cpu_seconds=round(self.cpu_seconds + other.cpu_seconds, 3),
            peak_bytes=max(peaks, default=None),
            read_bytes=_sum(self.read_bytes, other.read_bytes),
            written_bytes=_sum(self.written_bytes, other.written_bytes),
        )


def recorded_usage(details: Mapping[str, Any]) -> Usage | None:
    """Return the usage in the details of a run or of a stage; None in those from before it was measured."""
    return Usage.model_validate(details["usage"]) if details.get("usage") else None


class Measurement:
    """A block that is being measured, or was."""

    def __init__(self) -> None:
        self._cpu_before, self._io_before = _cpu_seconds(), _io_bytes()
        self._elsewhere: list[Usage] = []
        self._peak_bytes: int | None = None
        self._ended: Usage | None = None

    def usage(self) -> Usage:
        """Return what was used since the beginning of the block, until now or its end."""
        return self._ended or self._so_far()

    def end(self) -> None:
        """Keep the figures as they are now."""
        self._ended = self._so_far()

    def see_peak(self, peak_bytes: int | None) -> None:
        """Take note of the memory that this process had at most since somebody looked last."""
        if peak_bytes is not None:
            self._peak_bytes = max(peak_bytes, self._peak_bytes or 0)

    def add(self, usage: Usage) -> None:
        """Add what another process used for the block."""
        self._elsewhere.append(usage)

    def _so_far(self) -> Usage:
        for measurement in _active:
            measurement.see_peak(_peak_bytes())
        read, written = (
            None if now is None or before is None else now - before
            for now, before in zip(_io_bytes(), self._io_before, strict=True)
        )
        here = Usage(
            cpu_seconds=round(_cpu_seconds() - self._cpu_before, 3),
            peak_bytes=self._peak_bytes,
            read_bytes=read,
            written_bytes=written,
        )
        return sum(self._elsewhere, start=here)


_active: list[Measurement] = []


@contextmanager
def measured() -> Iterator[Measurement]:
    """Measure what the block uses in this process, and what is added from others; blocks may be nested."""
    for outer in _active:  # their peak so far; it is counted anew from here on
        outer.see_peak(_peak_bytes())
    measurement = Measurement()
    _active.append(measurement)
    _reset_peak()
    try:
        yield measurement
    finally:
        measurement.end()
        _active.remove(measurement)


def add_elsewhere(usage: Usage, process: str) -> None:
    """Add what a job used, if another process than this one did it."""
    if process != PROCESS:
        for measurement in _active:
            measurement.add(usage)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _reset_peak() -> None:
    try:
        _RESET_PEAK.write_text("5")
    except OSError:  # a peak is then of the whole life of the process, not of the work: none is given
        global _peak_is_of_work
        _peak_is_of_work = False


_peak_is_of_work = True


def _peak_bytes() -> int | None:
    return _field(_STATUS, "VmHWM:", 1024) if _peak_is_of_work else None


def _io_bytes() -> tuple[int | None, int | None]:
    return _field(_IO, "rchar:"), _field(_IO, "wchar:")


def _field(path: Path, name: str, unit: int = 1) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:  # another system, or a kernel that does not count
        return None
    return next((int(line.split()[1]) * unit for line in lines if line.startswith(name)), None)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
