"""The audit of a store as a flow: a store that was tampered with is a failed run, which notifies."""

import secrets

from shls_core.errors import ObjectCorrupted
from storage.audit.findings import Verdict
from storage.store import Store
from tasks.runs.outcomes import Outcome
from tasks.terminal import print_line
from tasks.upkeep.audit import AuditRequest, audit


class AuditOutcome(Outcome):
    """The result of an audit that found nothing changed."""

    verdict: Verdict
    num_not_comparable: int
    """What was made again and came out differently, on other code, packages or hardware."""
    num_outstanding: int
    """What still depends on a withdrawn source."""


def audit_now(store: str, replay: int) -> AuditOutcome:
    """Audit a store, and make some samples again.

    Raises
    ------
    ObjectCorrupted
        If anything was changed.
    """
    done, _ = audit(Store.open(store), AuditRequest(replay=replay, seed=secrets.randbelow(2**32)))
    if done.verdict == "tampered":
        raise ObjectCorrupted(
            f"expected an untouched store, found {len(done.problems)} problems, the first: "
            f"{done.problems[0]}; `shls audit --store {store}` lists them all"
        )
    print_line(f"{'audit':<12} {done.verdict}")
    return AuditOutcome(
        verdict=done.verdict,
        num_not_comparable=len(done.not_comparable),
        num_outstanding=len(done.findings.outstanding),
    )
