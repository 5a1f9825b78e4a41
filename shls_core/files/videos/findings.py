"""What reading a video found besides its frames: what was converted, damaged, or is not there."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Findings:
    """Filled in while the frames of a video are read.

    Attributes
    ----------
    notes : list of str
        Lines about what was converted or left out, in the order in which it was found.
    num_read : int
        Frames whose picture was decoded.
    damaged : list of str
        Names of the frames whose picture could not be decoded; they keep their numbers.
    doubtful : list of str
        Names of decoded frames that rest on a damaged one: their pictures may differ from what was recorded.
    num_stated : int or None
        Frames that the file states; None if it does not.
    num_missing : int
        Frames that the file states and does not hold.
    is_cut_off : bool
        Whether the end of the file is not there.
    """

    notes: list[str] = field(default_factory=list)
    num_read: int = 0
    damaged: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    num_stated: int | None = None
    num_missing: int = 0
    is_cut_off: bool = False

    def note(self, line: str) -> None:
        """Add a line, once."""
        if line not in self.notes:
            self.notes.append(line)

    def losses(self) -> list[str]:
        """Return a line for each kind of loss; none if every frame was read whole.

        Examples
        --------
        >>> Findings(num_read=11, damaged=["00006"]).losses()
        ['1 of 12 frames is damaged and shows the frame before it: 00006']
        """
        lines = []
        if self.is_cut_off:
            stated = f" of the {self.num_stated} that it states" if self.num_missing else ""
            lines.append(f"the file is cut off: {self.num_read} frames{stated} could be read")
        elif self.num_missing:
            lines.append(f"the file states {self.num_stated} frames, of which {self.num_read} could be read")
        total = self.num_read + len(self.damaged)
        if self.damaged:
            verb = "is damaged and shows" if len(self.damaged) == 1 else "are damaged and show"
            lines.append(
                f"{len(self.damaged)} of {total} frames {verb} the frame before it: {ranges(self.damaged)}"
            )
        if self.doubtful:
            lines.append(
                f"{len(self.doubtful)} of {total} frames rest on a damaged one and may differ from what was "
                f"recorded: {ranges(self.doubtful)}"
            )
        return lines


def ranges(names: Sequence[str], at_most: int = 8) -> str:
    """Return names of frames, numbers in a row as one range.

    Examples
    --------
    >>> ranges(["00003", "00004", "00005", "00009"])
    '00003-00005, 00009'
    """
    runs: list[list[str]] = []
    for name in names:
        if runs and name.isdecimal() and runs[-1][-1].isdecimal() and int(name) == int(runs[-1][-1]) + 1:
            runs[-1] = [runs[-1][0], name]
        else:
            runs.append([name])
    spelled = ["-".join(run) for run in runs[:at_most]]
    return ", ".join(spelled) + (f" and {len(runs) - at_most} more" if len(runs) > at_most else "")
