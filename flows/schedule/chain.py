"""The events that chain deployments: each carries the ids of what was made, never "the latest".

`prefect.yaml` starts training on `PUBLISHED` and evaluation on `TRAINED`, with the parameters in the payload.
"""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from shls_core.errors import StoreUnreachable
from storage.canonical import short

PUBLISHED = "shls.dataset.published"
"""A dataset got a new version of its name."""
TRAINED = "shls.checkpoint.trained"
"""A checkpoint was trained, and there are held-out sequences to score it on."""


def emit_published(dataset: str, name: str, config: str, changes: Mapping[str, Any], store: str) -> None:
    """Emit that a dataset was published as ``NAME@vN``, built with a configuration and changes to it."""
    payload = {"dataset": dataset, "name": name, "config": config, "changes": dict(changes), "store": store}
    _emit(PUBLISHED, f"shls.dataset.{dataset}", name, payload)


def emit_trained(checkpoint: str, dataset: str, store: str) -> None:
    """Emit that a checkpoint was trained on a dataset."""
    payload = {"checkpoint": checkpoint, "dataset": dataset, "store": store}
    _emit(TRAINED, f"shls.checkpoint.{checkpoint}", short(checkpoint), payload)


def _emit(event: str, resource: str, name: str, payload: dict[str, Any]) -> None:
    resource_labels = {"prefect.resource.id": resource, "prefect.resource.name": name}
    if emit_event(event, resource_labels, payload=payload) is None:
        raise StoreUnreachable(
            f"expected Prefect's server to take the event {event}, it did not; what was made is in the "
            "store, and catch-up/weekly goes on from there"
        )
