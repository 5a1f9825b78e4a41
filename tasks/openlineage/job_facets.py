"""Facets of a job: its purpose and its source code."""

import inspect

from openlineage.client.facet_v2 import (
    JobFacet,
    documentation_job,
    job_type_job,
    source_code_job,
    source_code_location_job,
)

from storage.kinds import COMPOSED
from storage.provenance.environment import Environment
from tasks.openlineage.source_code import origin, running_flow, source_of


def job_facets(kind: str, environment: Environment) -> dict[str, JobFacet]:
    """Return the facets of the job for a kind of run, as it is now."""
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="SHLS", jobType="DAG" if kind in COMPOSED else "JOB"
        )
    }
    path = None
    if flow := running_flow():
        path, source = source_of(flow)
        facets["sourceCode"] = source_code_job.SourceCodeJobFacet(language="python", sourceCode=source)
        if description := inspect.getdoc(flow):
            facets["documentation"] = documentation_job.DocumentationJobFacet(
                description=description.split("\n\n")[0], contentType="text/plain"
            )
    if environment.code_commit:
        repository = origin()
        facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
            type="git",
            # Without a public repository: the identifier of the commit that is the same everywhere.
            url=repository or f"swh:1:rev:{environment.code_commit}",
            repoUrl=repository,
            path=path,
            version=environment.code_commit,
        )
    return facets
