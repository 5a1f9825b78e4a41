"""Every error this project raises on purpose.

ShlsError
├── InputError               something the user gave cannot be used
│   └── ConfigError          a configuration key or value
├── SampleError              a sample that cannot be used: becomes a rejected row
│   ├── ImageError           a file that is not a usable photograph
│   └── MaskError            a file that is not a usable mask
│       └── MaskDamaged      it is no whole picture
├── StoreError               the store cannot do what was asked
│   ├── StoreUnwritable      no permission, no space, not a folder
│   ├── StoreUnreadable      no permission, wrong credentials, no such bucket
│   ├── StoreUnreachable     no answer, or a broken connection; a retry may succeed
│   ├── ObjectMissing        an object that something refers to is not in the store
│   │   └── ObjectErased      it was erased on request
│   ├── ObjectCorrupted      an object's bytes do not hash to its name
│   ├── ForeignFile          the store contains a file that it did not write
│   ├── StoreBusy            another process is using the store
│   └── NameUnknown          no dataset, checkpoint or name in the store matches
├── StageError               a stage cannot continue
│   ├── TooManyRejected      more samples rejected than the configuration allows
│   ├── WorkerLost           a job lost its worker at every attempt
│   └── NodeRefused          a node of a cluster has other code or packages than rows are keyed by
├── GateError                the dataset has not passed the validation gate
├── PhotographWithdrawn      a dataset contains a withdrawn photograph
├── MissingComponent         a package is not installed; the message names the command that installs it
└── TrainingDiverged         the loss is no longer a finite number

A message states in one line what was expected, what came, and where.
"""


class ShlsError(Exception):
    """Root of the errors that a user can act on; any other exception is a defect."""


class InputError(ShlsError, ValueError):
    """Something the user gave cannot be used."""


class ConfigError(InputError):
    """A configuration key or value is not acceptable."""


class SampleError(ShlsError):
    """A sample cannot be used; `reason` is the short text recorded in the rejected row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ImageError(SampleError):
    """A file is not a usable photograph."""


class MaskError(SampleError):
    """A file is not a usable mask; `reason` says what was seen, and how to make a good one."""


class MaskDamaged(MaskError):
    """A mask file is no picture, or not a whole one."""


class StoreError(ShlsError):
    """The store cannot do what was asked of it."""


class StoreUnwritable(StoreError):
    """The store refuses writes: permission, space, or not a folder."""


class StoreUnreadable(StoreError):
    """The store refuses reads: permission, credentials, or no such bucket."""


class StoreUnreachable(StoreError):
    """The store did not answer, or the connection broke; a retry may succeed."""


class ObjectMissing(StoreError):
    """An object that something refers to is not in the store."""


class ObjectErased(ObjectMissing):
    """An object is not in the store because it was erased on request."""


class ObjectCorrupted(StoreError):
    """The bytes of an object do not hash to its name."""


class ForeignFile(StoreError):
    """The store contains a file that it did not write."""


class StoreBusy(StoreError):
    """Another process is using the store; the work can neither run beside it nor wait for it."""


class NameUnknown(StoreError):
    """No dataset, checkpoint or name in the store matches the given one."""


class StageError(ShlsError):
    """A stage cannot continue."""


class TooManyRejected(StageError):
    """More samples were rejected than the configuration allows."""


class WorkerLost(StageError):
    """A job lost its worker at every attempt."""


class NodeRefused(StageError):
    """A node of a cluster has other code or packages than those that rows are keyed by."""


class GateError(ShlsError):
    """The dataset did not pass, or has never been through, the validation gate."""


class PhotographWithdrawn(ShlsError):
    """A dataset that is to be handed on contains a withdrawn photograph."""


class MissingComponent(ShlsError):
    """A package that the requested work needs is not installed."""


class TrainingDiverged(ShlsError):
    """The loss is no longer a finite number."""
