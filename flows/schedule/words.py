"""What notifications say: what happened, what happens by itself, and what a person has to do.

The texts are Jinja templates that Prefect's server fills in.
"""

from dataclasses import dataclass

_RUN = "{{ flow.name }}/{{ deployment.name }} ({{ flow_run.name }})"
_PAGE = "docs/operations.md"


@dataclass(frozen=True)
class Words:
    """One kind of notification."""

    kind: str
    """The state it is about, in lower case."""
    subject: str
    body: str

    def json(self) -> str:
        """Return a template of a JSON object whose ``text`` is what chat programs show."""
        return (
            "{% set text %}" + self.subject + ": " + self.body + "{% endset %}"
            '{"text": {{ text | tojson }}, "kind": "' + self.kind + '", '
            '"deployment": "{{ flow.name }}/{{ deployment.name }}", "run": {{ flow_run.name | tojson }}, '
            '"flow_run_id": "{{ flow_run.id }}"}'
        )


CRASHED = Words(
    "crashed",
    f"SHLS: {_RUN} crashed",
    "{{ flow_run.state.message }}\nIt is started again by itself, at most three times a day, and goes on "
    "from the last shard or step. Do nothing unless it crashes again; then read "
    f"`prefect flow-run logs {{{{ flow_run.id }}}}` and {_PAGE}, section Crashed.",
)
FAILED = Words(
    "failed",
    f"SHLS: {_RUN} failed",
    "{{ flow_run.state.message }}\nIt is not started again by itself: the same input would fail again. Put "
    "right what the message names (`prefect flow-run logs {{ flow_run.id }}` shows more), then "
    f"`prefect flow-run retry {{{{ flow_run.id }}}}`; {_PAGE}, section Failed.",
)
LATE = Words(
    "late",
    f"SHLS: {_RUN} waits",
    "It was due at {{ flow_run.expected_start_time.strftime('%Y-%m-%d %H:%M') }} UTC and nobody has started "
    "it: either no worker runs (`prefect worker start --pool {{ work_pool.name }}`) or its pool is full or "
    "paused (`shls schedule show`). It starts by itself as soon as a worker is free; "
    f"{_PAGE}, section Late.",
)
