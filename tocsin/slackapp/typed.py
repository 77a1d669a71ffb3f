"""What somebody typed behind `/tocsin`: a verb, and its words as a shell would take them apart.

Slack writes `&`, `<` and `>` as entities and, since the manifest asks for it, people as `<@U123|name>`. Telephones turn
quotes round. Text that runs to the end of the line is taken as it stands: an apostrophe in it opens nothing.
"""

import re
import shlex

from tocsin.domain.errors import Refused
from tocsin.slackapp.received import Received

#: Most characters of a command. A longer one is refused as it is: what is cut would be lost in silence.
LONGEST = 4000
_PERSON = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|[^>]*)?>")
_ROUND = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
#: A single quote that opens before a word and closes after one; within a word it is an apostrophe.
_SINGLE = re.compile(r"""(?:(?<=\s)|(?<=^)|(?<==))'([^'"]*)'(?=\s|$)""")
#: Two hyphens, as a telephone writes them.
_DASH = re.compile(r"(?<!\S)[—–](?=\w)")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def verb_of(it: Received) -> str:
    """The verb, in small letters; empty for a bare `/tocsin`."""
    return next(iter(_text(it).split(maxsplit=1)), "").lower()


def after_verb(it: Received) -> str:
    """Everything behind the verb, as it was typed."""
    return plain("".join(_text(it).split(maxsplit=1)[1:])).strip()


def words_of(text: str) -> list[str]:
    """The words of a line. Refused where a quote is left open."""
    lexer = shlex.shlex(_DASH.sub("--", _SINGLE.sub(r'"\1"', text.translate(_ROUND))), posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError:
        raise Refused("a quote is left open; close it, or leave quotes out") from None


def plain(text: str) -> str:
    """Slack's way of writing as people meant it: entities as characters, a person as the id."""
    text = _PERSON.sub(r"\1", text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _text(it: Received) -> str:
    return str(it.payload.get("text") or "").strip()
