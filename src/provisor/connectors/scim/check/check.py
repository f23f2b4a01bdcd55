"""A check: what is asked, what is expected, whose complaint it would be, and what to do about it.

Checks stand in groups, one module each, and register themselves there: `@CHECKS.add(...)` above an async function that
takes a scene and raises `Wrong` when the server does something else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from provisor.connectors.scim.check.judges import RFC, Client, Judge, Severity
from provisor.connectors.scim.check.needs import Need
from provisor.connectors.scim.check.points.all import POINTS
from provisor.connectors.scim.check.scene import Scene

Body = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """`id` is GROUP.NAME. `asks` and `expects` are for people; `body` does what they say.

    `rfc` names the section whose word it is, `points` what other judges look at. `is_reading`: nothing is written, so
    it can be run against a server in use.
    """

    id: str
    title: str
    asks: str
    expects: str
    remedy: str
    body: Body
    severity: Severity = Severity.MUST
    rfc: str = ""
    points: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    is_reading: bool = False

    @property
    def group(self) -> str:
        """The id of its group."""
        return self.id.partition(".")[0]

    @property
    def judges(self) -> tuple[Judge, ...]:
        """Who would complain, the RFCs first."""
        found = [RFC] if self.rfc else []
        for point in self.points:
            if POINTS[point].judge not in found:
                found.append(POINTS[point].judge)
        return tuple(found)

    @property
    def clients(self) -> frozenset[Client]:
        """Whose needs it checks."""
        return frozenset(judge.client for judge in self.judges if judge.client is not None)


@dataclass(slots=True)
class CheckGroup:
    """Checks of one subject, in the order in which they are written."""

    id: str
    title: str
    checks: list[Check] = field(default_factory=list)

    def add(
        self,
        name: str,
        title: str,
        *,
        asks: str,
        expects: str,
        remedy: str,
        severity: Severity = Severity.MUST,
        rfc: str = "",
        points: tuple[str, ...] = (),
        needs: tuple[Need, ...] = (),
        is_reading: bool = False,
    ) -> Callable[[Body], Body]:
        """Register the function below as a check of this group."""

        def register(body: Body) -> Body:
            self.checks.append(
                Check(f"{self.id}.{name}", title, asks, expects, remedy, body, severity, rfc, points, needs, is_reading)
            )
            return body

        return register
