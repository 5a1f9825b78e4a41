"""Under which key a training is known: the digest of everything that decides its weights."""

from storage.canonical import digest_json
from storage.learned import CheckpointRecord

_FACTS = frozenset({"dataset", "configuration", "code_digest", "versions", "device_kind"})


def checkpoint_key(record: CheckpointRecord) -> str:
    """Return the key of the training that gave a checkpoint."""
    return digest_json(record.model_dump(mode="json", include=set(_FACTS)))
