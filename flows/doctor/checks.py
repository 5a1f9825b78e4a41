"""All checks of `shls doctor`, in the order of its report."""

from collections.abc import Iterator

from flows.doctor.finding import Check, Finding, Request
from flows.doctor.formats import check_formats
from flows.doctor.packages import check_packages
from flows.doctor.processor import check_devices, check_processor
from flows.doctor.services import check_services
from flows.doctor.store_place import check_store
from flows.doctor.surroundings import check_folders, check_limits, check_proxies

CHECKS: tuple[Check, ...] = (
    check_packages,
    check_processor,
    check_devices,
    check_formats,
    check_store,
    check_folders,
    check_limits,
    check_proxies,
    check_services,
)


def findings(request: Request) -> Iterator[Finding]:
    """Yield what every check finds; a check that fails is itself a problem, and the others go on."""
    for check in CHECKS:
        try:
            yield from check(request)
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            what = f"the check failed: {type(error).__name__}: {error}"
            yield Finding(name, "problem", what, "shls --debug doctor shows where")
