"""The 20 things that servers get wrong most often (§16), in that order."""

from provisor.connectors.scim.check.judges import COMMON, Point, points_of

_FAULTS = {
    "1": "Members removed by value: the group is emptied",
    "2": '`active` as the text "False"',
    "3": "PATCH without a path, with dotted and URN keys",
    "4": '`x[type eq "y"].z` is not created when it is missing',
    "5": "404 instead of an empty list",
    "6": "Errors with another media type, a status that is a number, a 401 in HTML",
    "7": "Statuses in bulk answers that are not texts",
    "8": "Two values are primary after a PATCH",
    "9": "A change that changes nothing makes a new version",
    "10": "A PATCH that fails is half done",
    "11": "`and` and `or` out of order; conditions in brackets that mix elements",
    "12": '`emails[type eq "work"].value eq` is not understood',
    "13": "userName compared with regard to case",
    "14": "Values that only the server sets: refused on POST and PUT, or accepted by PATCH",
    "15": "201 without Location",
    "16": "404 instead of 405 for writes to discovery",
    "17": "bulkId references forwards and in a circle",
    "18": "A user's groups, and members who are gone",
    "19": "itemsPerPage and startIndex, count=0 and count=-1",
    "20": "Unknown schemas, unknown attributes and nulls from Entra",
}

POINTS: tuple[Point, ...] = points_of(COMMON, _FAULTS)
