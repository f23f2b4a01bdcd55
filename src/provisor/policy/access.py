"""Who may do what: one table of roles and actions, for the console, the management API, tokens and the CLI alike.

The roles are CONTRACT's; who does what follows engine spec §9, with one difference on purpose: our global reader may
read the configuration. The table says what a role may do at all. An application owner may do it on the applications
they own only, which the caller checks: see `reaches_every_application`.
"""

from enum import StrEnum


class Role(StrEnum):
    """The role of a person or of a token (CONTRACT, "Roles")."""

    GLOBAL_ADMINISTRATOR = "global-administrator"
    APPLICATION_ADMINISTRATOR = "application-administrator"
    CLOUD_APPLICATION_ADMINISTRATOR = "cloud-application-administrator"
    APPLICATION_OWNER = "application-owner"
    REPORTS_READER = "reports-reader"
    GLOBAL_READER = "global-reader"
    SCIM = "scim"


class Action(StrEnum):
    """What somebody wants to do."""

    VIEW_STATUS = "view-status"
    VIEW_LOG = "view-log"
    VIEW_CONFIGURATION = "view-configuration"
    CONFIGURE_PROVISIONING = "configure-provisioning"
    """Mappings, credentials, scope, settings and the status of a job."""
    RUN_CYCLE = "run-cycle"
    DECIDE_REMOVALS = "decide-removals"
    ADMINISTER_PEOPLE = "administer-people"
    """Who may sign in, and with which role."""
    ADMINISTER_TOKENS = "administer-tokens"
    USE_SCIM = "use-scim"


_READS = frozenset({Action.VIEW_STATUS, Action.VIEW_LOG})
_READS_CONFIGURATION = _READS | {Action.VIEW_CONFIGURATION}
_RUNS_APPLICATIONS = _READS_CONFIGURATION | {
    Action.CONFIGURE_PROVISIONING,
    Action.RUN_CYCLE,
    Action.DECIDE_REMOVALS,
}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.GLOBAL_ADMINISTRATOR: _RUNS_APPLICATIONS | {Action.ADMINISTER_PEOPLE, Action.ADMINISTER_TOKENS},
    Role.APPLICATION_ADMINISTRATOR: _RUNS_APPLICATIONS | {Action.ADMINISTER_TOKENS},
    Role.CLOUD_APPLICATION_ADMINISTRATOR: _RUNS_APPLICATIONS | {Action.ADMINISTER_TOKENS},
    Role.APPLICATION_OWNER: _RUNS_APPLICATIONS,
    Role.REPORTS_READER: _READS,
    Role.GLOBAL_READER: _READS_CONFIGURATION,
    Role.SCIM: frozenset({Action.USE_SCIM}),
}
"""The table. What is not in it is forbidden."""


def is_allowed(role: str, action: str) -> bool:
    """Whether the role may do it. A role or an action that nobody knows is never allowed."""
    try:
        return Action(action) in ALLOWED[Role(role)]
    except ValueError:
        return False


def reaches_every_application(role: str) -> bool:
    """Whether what the role may do holds for every application, not only for those that the person owns."""
    return role != Role.APPLICATION_OWNER
