"""By which way a person is told whom no letter reached, and who is counted under which.

Pure. Who stands on a list for a way is not told by that; a person confirms that it was shown, posted or published.
"""

from typing import Literal, get_args

#: Ways for which a list leaves the house: the company's own application, the post, a notice to the public.
Listed = Literal["in-app", "post", "public-notice"]
LISTED: tuple[Listed, ...] = get_args(Listed)
#: Ways by which a person may say that somebody was told.
Otherwise = Literal[
    "in-app",
    "post",
    "public-notice",
    "telephone",
    "text-message",
    "in-person",
    "guardian",
    "next-of-kin",
    "internal",
    "controller",
    "otherwise",
]
OTHERWISE: tuple[Otherwise, ...] = get_args(Otherwise)
#: Every way, in the order in which it is shown: letters to a first and to a later address, to guardians, another letter
#: of ours; then what a person said; at last those whom nobody owes a letter any more.
WAYS = (
    "email",
    "next-address",
    "guardian",
    "other-letter",
    *(each for each in OTHERWISE if each != "guardian"),
    "not-owed",
)
#: Why there is a notice to the public instead of a letter to each (GDPR, Art. 34(3)(c)): nobody can be reached, or it
#: would take an effort out of all proportion.
Ground = Literal["impossible", "disproportionate"]
GROUNDS: tuple[Ground, ...] = get_args(Ground)
