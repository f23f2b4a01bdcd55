"""Every point by its id."""

from provisor.connectors.scim.check.judges import Point
from provisor.connectors.scim.check.points import entra, faults, okta, others

POINTS: dict[str, Point] = {
    point.id: point for points in (entra.POINTS, okta.POINTS, others.POINTS, faults.POINTS) for point in points
}
