"""Every error this project raises on purpose.

ShlsError
├── InputError               something the user gave cannot be used
│   └── ConfigError          a configuration key or value
├── SampleError              a sample that cannot be used: becomes a rejected row
│   └── ImageError           a file that is not a usable photograph
├── StoreError               the store cannot do what was asked
│   ├── StoreUnwritable      no permission, no space, not a folder
│   ├── StoreUnreadable      no permission, wrong credentials, no such bucket
│   ├── StoreUnreachable     no answer, or a broken connection: it may pass
│   ├── ObjectMissing        an object that something points at is not there
│   │   └── ObjectErased      it was erased by order
│   ├── ObjectCorrupted      an object's bytes do not hash to its name
│   ├── ForeignFile          a file lies in the store that no part of it wrote
│   ├── StoreBusy            someone else is at work in the store
│   └── NameUnknown          no dataset, checkpoint or name of that spelling
├── StageError               a stage cannot go on
│   ├── TooManyRejected      more samples rejected than the configuration allows
│   └── WorkerLost           the same work lost its worker at every attempt
├── GateError                the validation gate says no
├── PhotographWithdrawn      a dataset holds a photograph that was withdrawn
├── MissingComponent         a package is not installed; the message names the command that installs it
└── TrainingDiverged         the loss is no longer a finite number

A message says what was expected, what came, and where, in one line.
"""


class ShlsError(Exception):
    """Root of the errors a user can act on; anything else is a defect."""


class InputError(ShlsError, ValueError):
    """Something the user gave cannot be used."""


class ConfigError(InputError):
    """A configuration key or value is not acceptable."""


class SampleError(ShlsError):
    """A sample cannot be used; `reason` is the short form kept in the rejected row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ImageError(SampleError):
    """A file is not a usable photograph."""


class StoreError(ShlsError):
    """The store cannot do what was asked of it."""


class StoreUnwritable(StoreError):
    """The store refuses writes: permission, space, or not a folder."""


class StoreUnreadable(StoreError):
    """The store refuses reads: permission, credentials, or no such bucket."""


class StoreUnreachable(StoreError):
    """The store gave no answer, or broke off: another attempt may find it well."""


class ObjectMissing(StoreError):
    """An object that something points at is not in the store."""


class ObjectErased(ObjectMissing):
    """An object is not in the store because it was erased by order."""


class ObjectCorrupted(StoreError):
    """The bytes of an object do not hash to its name."""


class ForeignFile(StoreError):
    """A file lies in the store that no part of it wrote."""


class StoreBusy(StoreError):
    """Someone else is at work in the store, and it cannot be shared or waited for."""


class NameUnknown(StoreError):
    """No dataset, checkpoint or name of that spelling is in the store."""


class StageError(ShlsError):
    """A stage cannot go on."""


class TooManyRejected(StageError):
    """More samples were rejected than the configuration allows."""


class WorkerLost(StageError):
    """The same work lost its worker at every attempt."""


class GateError(ShlsError):
    """The dataset did not pass, or has never been through, the validation gate."""


class PhotographWithdrawn(ShlsError):
    """A dataset that is to be handed on holds a photograph that was withdrawn."""


class MissingComponent(ShlsError):
    """A package that the requested work needs is not installed."""


class TrainingDiverged(ShlsError):
    """The loss is no longer a finite number."""
