"""What the account's refusals mean to a SCIM client: the person, the cause and the remedy, in the classes of the port.

A client's own token is fine when the account's key is refused, so that is never answered 401: it is a state to wait
out, with a sentence for whoever looks after the key (Freshservice spec §9, error translation).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from provisor.freshservice.rest_faults import AddressTaken, NoSeat
from provisor.model.errors import Conflict, JobFailed, Reject, ResourceFailed, Transient


@contextmanager
def explained(person: str) -> Iterator[None]:
    """Raise what the account refuses as an error about this person."""
    try:
        yield
    except AddressTaken as error:
        raise Conflict(f"{person}: {error.message}", remedy=error.remedy) from error
    except NoSeat as error:
        raise Reject(f"{person}: {error.message}", remedy=error.remedy, code="invalidValue") from error
    except ResourceFailed as error:
        raise Reject(f"{person}: {error.message}", remedy=error.remedy, code="invalidValue") from error
    except JobFailed as error:
        raise Transient(f"{person}: {error.message}", remedy=error.remedy) from error
