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
#: A word as it was typed: blanks within quotes are its own.
_WORD = r"""'[^'"]*'(?!\S)|(?:"[^"]*"|\S)+"""
_FIRST = re.compile(_WORD)
#: NAME=VALUE; an address with a question in it is none.
_FACT = re.compile(rf"(\w+)=({_WORD})")
#: What introduces free text at a shell.
_OPTION = re.compile(r"\A(?:--|[—–])(?:because|source|note|role)(?:\s+|$)")
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


def words_and_text(line: str, count: int) -> list[str]:
    """`count` words of a line, and behind them the rest of it as it stands: no quote in that opens anything."""
    words: list[str] = []
    rest = line.strip()
    while rest and len(words) < count:
        found = _FIRST.match(rest.translate(_ROUND))
        assert found is not None
        words.append(_bare(found[0]))
        rest = rest[found.end() :].strip()
    text = _bare(_OPTION.sub("", rest, count=1))
    return [*words, text] if text else words


def facts_and_text(line: str) -> tuple[list[tuple[str, str]], str]:
    """NAME=VALUE as often as it comes first, and the rest of the line as it stands."""
    facts: list[tuple[str, str]] = []
    rest = line.strip()
    while found := _FACT.match(rest.translate(_ROUND)):
        facts.append((found[1], _bare(found[2])))
        rest = rest[found.end() :].strip()
    return facts, "".join(words_and_text(rest, 0))


def _bare(text: str) -> str:
    """Text without the quotes around all of it."""
    flat = text.translate(_ROUND)
    quoted = len(flat) > 1 and flat[0] == flat[-1] and flat[0] in "'\"" and flat.count(flat[0]) == 2
    return text[1:-1].strip() if quoted else text


def plain(text: str) -> str:
    """Slack's way of writing as people meant it: entities as characters, a person as the id."""
    text = _PERSON.sub(r"\1", text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _text(it: Received) -> str:
    return str(it.payload.get("text") or "").strip()
