"""Secrets on the command line are named, never written: an option gives the variable that holds one."""

import os

from provisor.model.errors import Reject


def read_secret(variable: str, what: str) -> str:
    """A secret from the environment. Raises `Reject` when there is none."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise Reject(
            f"The environment variable {variable} is not set, so there is no {what}.",
            remedy=f"Set it first, for example with: read -rs {variable} && export {variable}",
        )
    return value
