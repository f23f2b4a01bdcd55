"""What becomes of a staged removal when its person is evaluated again (CONTRACT, "Deletion guard").

People are evaluated often: after a restart, after any change of theirs, when a failure is retried. A decision that
somebody made must neither be lost by that nor reach further than what was decided about.
"""

from dataclasses import replace

from provisor.model.job import Application
from provisor.model.removal import Decision, StagedRemoval


def basis_of(fingerprint: bytes, app: Application) -> str:
    """What a removal is decided from: the person's source and the rules, the scope setting among them."""
    return f"{app.rules_version}.{app.scope}.{fingerprint.hex()}"


def restage(before: StagedRemoval | None, again: StagedRemoval) -> StagedRemoval:
    """What is kept once a person with the staged removal `before` is found to be removed `again`.

    A rejection stays while source and rules are what they were. An approval stays for as long as the same is to be
    done; its age is judged when it is used. Another action is another removal: nobody has decided about it.
    """
    if before is None or before.action != again.action:
        return again
    if before.basis == again.basis:
        return before
    if before.decision is Decision.REJECTED:
        return again
    return replace(before, person=again.person, reason=again.reason, basis=again.basis)
