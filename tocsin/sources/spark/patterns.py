r"""Regular expressions of RE2, which DuckDB has, in Java's words, which Spark has.

Sources: github.com/google/re2, "Syntax"; java.util.regex.Pattern. What ours use of both means the same but for four
things: Java's `$` also stands before a last end of line, its `.` stops at more ends of lines than LF, its `\s` takes in
VT, and its `(?i)` minds letters of ASCII alone.
"""

import re

#: An escape with the character behind it, a sign that begins or ends a class, `$`, or flags.
_SIGN = re.compile(r"\\.|[\[\]$]|\(\?[a-z]+\)", re.DOTALL)
_BLANKS = r"\t\n\f\r "


def java(pattern: str) -> str:
    """The expression of Java's that stands for the same texts."""
    inside = False

    def word(match: re.Match[str]) -> str:
        nonlocal inside
        sign = match[0]
        if sign in ("[", "]"):
            # Java knows classes within classes: there, a bracket of ours is a letter.
            sign = rf"\{sign}" if inside and sign == "[" else sign
            inside = match[0] == "[" or (inside and match[0] != "]")
        elif sign == r"\s":
            sign = _BLANKS if inside else f"[{_BLANKS}]"
        elif sign == "$" and not inside:
            sign = r"\z"
        elif sign.startswith("(?") and "i" in sign:
            sign = sign.replace("i", "iu")
        return sign

    found = _SIGN.sub(word, pattern)
    # Java goes one step deeper with each turn of a loop, and has no more steps than some thousand, unless it need not
    # look back. Lists of thousands of members are such loops, up to the end of a text, and so are rows of slashes.
    return "(?d)" + re.sub(r"\)([*+])(\\z)?$", r")\1+\2", found)


def replaced(text: str) -> str:
    r"""What to put in the place, where a group is `\1` in RE2 and `$1` in Java."""
    return re.sub(r"\\(\d)", r"$\1", text.replace("$", r"\$"))
