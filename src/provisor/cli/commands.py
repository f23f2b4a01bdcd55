"""Every command module, imported so that it registers itself."""

from provisor.cli import (  # noqa: F401
    applications,
    credentials,
    deletes,
    demo,
    directory,
    emulate,
    escrow,
    expressions,
    freshservice,
    jobs,
    logs,
    on_demand,
    schemas,
    scim,
    scim_check,
    scim_log,
    serve,
    sign_in,
    tokens,
    webhooks,
)
