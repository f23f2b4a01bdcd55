"""The conformance check at somebody else's server: scim2-server, which follows the RFCs and few dialects."""

from checking import AsgiHttp, check, complaints, finding_of
from scim2_models import Pagination, ScimProvider
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage, InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from provisor.connectors.scim.check.report import Outcome

RFC_CHECKS_MIN = 230
KNOWN = {
    "entra.element-made": "answered with 400",
    "members.remove-by-value": "The status is 400",
    "members.deleted-user": "The group has 2 members instead of 1",
    "members.user-groups": "without the group",
    "groups.entra-group": "The status is 400",
    "values.unknown-attributes": "The status is 400",
}
"""Faults that were seen by hand, and what the check says of them."""


def peer() -> ASGIApplication:
    """The application over its storage in memory, with cursors."""
    config = load_default_service_provider_config()
    config.pagination = Pagination(index=True, cursor=True)
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
    return ASGIApplication(
        AsyncInMemoryStorage(InMemoryStorage()), provider, ScimService(provider, secret="only for this test")
    )


async def test_another_server_is_judged_as_it_deserves() -> None:
    """What is known to be wrong is found, and a server that follows the RFCs is not blamed in their name."""
    app = peer()
    report = await check(app, None, http=AsgiHttp(app, mount=""))
    found = complaints(report)
    for name, words in KNOWN.items():
        assert words in found[name], name
    passed = [each for each in report.findings if each.check.rfc and each.outcome is Outcome.PASSED]
    assert len(passed) >= RFC_CHECKS_MIN
    wrong = {each.check.id for each in report.findings if each.check.rfc and each.is_failure}
    assert wrong == {"discovery.config-schemes"}  # authenticationSchemes is empty there, and required
    assert finding_of(report, "authentication.none").outcome is Outcome.SKIPPED
    assert report.leftovers == ()
    assert report.broke_off == ""
