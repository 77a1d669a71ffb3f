"""Notices by their names: the letters that meet duties to tell people, the holding letter, the one to companies."""

from tocsin.domain.letters import CUSTOMERS

#: The letter to customers for whom we hold other people's data, about those people.
CONTROLLERS = "controllers"

#: Marks under which letters may be leaving.
LEAVING = ("released", "sending", "paused")


def is_letter(notice: str) -> bool:
    """Whether a notice meets duties to tell people. The holding letter is written when asked for, and meets none.

    Nor does the letter to companies about their people: to tell these is theirs (GDPR, Art. 33(2)).
    """
    return notice == CUSTOMERS or notice.startswith(f"{CUSTOMERS}-")


def letter_name(notice: str) -> str:
    """How the names of the files of a notice begin. The letter to companies is the customers', in words for them."""
    return "customer" if is_letter(notice) or notice == CONTROLLERS else notice


def speaks_for_all(notice: str) -> bool:
    """Whether a notice is a first word to everybody, and waits for what any of them waits for."""
    return not is_letter(notice) and notice != CONTROLLERS
