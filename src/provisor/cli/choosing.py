"""What a decision is about: ids that were listed, or all of them."""

from collections.abc import Sequence

from provisor.model.errors import NotFound, Reject


def choose(
    ids: Sequence[str] | None, known: Sequence[str], all_of_them: Sequence[str] | None, listing: str
) -> Sequence[str]:
    """The ids that are meant: `all_of_them` where it is given, else those named.

    Raises `Reject` when neither or both are given, and `NotFound` for ids that are not `known`.
    """
    if all_of_them is not None:
        if ids:
            raise Reject("Ids and --all exclude each other.", remedy="Leave one of them out.")
        return all_of_them
    if not ids:
        raise Reject("Nothing is named.", remedy=f"Give ids from `{listing}`, or --all.")
    if unknown := [one for one in ids if one not in known]:
        raise NotFound(f"Nothing waits under {', '.join(unknown)}.", remedy=f"`{listing}` shows what does.")
    return ids
