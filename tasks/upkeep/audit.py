"""Audits a store: checks what it contains, makes a part of it again, and records both in its ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shls_core.errors import StoreError, StoreUnwritable
from storage.audit.examination import examine
from storage.audit.findings import Findings, Verdict
from storage.audit.scope import AUDITABLE
from storage.canonical import short
from storage.kinds import RunKind
from storage.references import resolve
from storage.store import Store
from storage.verification.problems import REPLAY, Problem
from tasks.runs.progress import progress
from tasks.runs.recorded_run import recorded_run
from tasks.runs.run_draft import RunDraft
from tasks.scoring.benchmark_choice import BenchmarkFormat
from tasks.terminal import print_line
from tasks.upkeep.auditing.judging import Again
from tasks.upkeep.auditing.replaying import replay_at_random
from tasks.upkeep.auditing.videos import VideosOfScore, compare_videos

_NAMED = 20


@dataclass(frozen=True)
class AuditRequest:
    """What is to be audited, and how far."""

    reference: str | None = None
    """Name or id of a dataset, a checkpoint or a score; by default the whole store."""
    expected_head: str | None = None
    """The beginning of the digest of an entry that the ledger must have."""
    replay: int = 0
    """Pseudo-sequences and clips to make again; with any, also one shard of every stage."""
    seed: int = 0
    """Of the draw of what is made again."""
    videos: Mapping[BenchmarkFormat, Path] = field(default_factory=dict)
    """Where the videos are that scores are of."""
    footage: tuple[Path, ...] = ()
    """Folders of films, besides those that builds in the ledger read."""


@dataclass(frozen=True)
class Audit:
    """The result of an audit."""

    request: AuditRequest
    artifact: str | None
    """Id of what was audited; None for the whole store."""
    findings: Findings
    again: tuple[Again, ...]
    videos: tuple[VideosOfScore, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is not as it should be."""
        replayed = (
            Problem(REPLAY, one.path, f"dataset {short(one.dataset)}…", str(one))
            for one in self.again
            if one.status == "different"
        )
        changed = (one.problem for one in self.videos if one.problem)
        return (*self.findings.problems, *changed, *replayed)

    @property
    def not_comparable(self) -> tuple[Again, ...]:
        """What was made differently, or could not be made, and did not have to agree."""
        return tuple(one for one in self.again if one.status == "not comparable")

    @property
    def verdict(self) -> Verdict:
        """The worst that was found."""
        if self.problems:
            return "tampered"
        if self.findings.outstanding:
            return "outstanding"
        return "not comparable" if self.not_comparable else "intact"


def audit(store: Store, request: AuditRequest, is_recorded: bool = True) -> tuple[Audit, bool]:
    """Audit a store and write an entry about it into its ledger.

    Parameters
    ----------
    store
        The store.
    request
        What to look at.
    is_recorded
        Whether the audit is to leave an entry. A store that cannot take one is audited, too.

    Returns
    -------
    Audit
        What was found.
    bool
        Whether the ledger has an entry of it.

    Raises
    ------
    NameUnknown
        If there is nothing of that name in it.
    StoreUnreachable
    """
    artifact = resolve(store, request.reference, *AUDITABLE) if request.reference else None
    if not is_recorded:
        return _carried_out(store, artifact, request), False
    done: Audit | None = None
    try:
        with recorded_run(store, RunKind.AUDIT, _configuration(request), request.seed) as run:
            done = _carried_out(store, artifact, request)
            _note(run, done)
    except StoreError as error:
        # Before the audit: the store cannot be written. After it: the ledger takes no entry.
        if done is None and not isinstance(error, StoreUnwritable):
            raise
        is_readable = done is None or done.findings.is_history_readable
        why = " ".join(str(error).split()) if is_readable else "the ledger cannot be read"
        print_line(f"this audit leaves no entry in the ledger: {why}")
        return done or _carried_out(store, artifact, request), False
    return done, True


def _carried_out(store: Store, artifact: str | None, request: AuditRequest) -> Audit:
    with progress("audit", "objects") as advance:
        findings = examine(store, artifact, request.expected_head, advance)
    again: list[Again] = []
    if request.replay:
        with progress("replay", "draws") as advance:
            again = replay_at_random(
                store.objects,
                findings.datasets,
                findings.runs,
                request.replay,
                request.seed,
                advance,
                request.footage,
            )
    videos = compare_videos(store.objects, findings.scores, request.videos)
    return Audit(request, artifact, findings, tuple(again), tuple(videos))


def _configuration(request: AuditRequest) -> dict[str, Any]:
    return {
        "reference": request.reference,
        "expected_head": request.expected_head,
        "replay": request.replay,
        "videos": sorted(request.videos),
    }


def _note(run: RunDraft, audit: Audit) -> None:
    """Write into the entry what was audited and the result; long lists are cut."""
    findings, problems = audit.findings, audit.problems
    whole = (*findings.datasets, *findings.checkpoints, *findings.scores)
    run.inputs += [audit.artifact] if audit.artifact else whole
    run.verdict = audit.verdict
    run.details = {
        "whole_store": audit.artifact is None,
        "head": findings.head,
        "objects": findings.num_objects,
        "bytes": findings.num_bytes,
        "num_problems": len(problems),
        "problems": [f"{problem.kind} {problem.path}: {problem.what}" for problem in problems[:_NAMED]],
        "num_not_comparable": len(audit.not_comparable),
        "made_again": len(audit.again),
        "outstanding": [one.withdrawal.source_id for one in findings.outstanding[:_NAMED]],
        "erased_by_order": len(findings.erased),
    }
