"""Verbs about the letter before it leaves: draft, preview, yes and no."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import changed
from tocsin.cli.alone import lone_lines_of
from tocsin.cli.console import (
    CHANGING,
    READING,
    Because,
    Changing,
    Flag,
    Reading,
    Shell,
    Words,
    alarm,
    at_terminal,
    bold,
    clean,
    confirm,
    labelled,
)
from tocsin.cli.incidents import split, which
from tocsin.cli.previews import INVENTED_WORDS, groups_of, people_of, write_mails, write_page
from tocsin.domain.errors import Refused, WrongUsage

#: So many digits of a digest are shown and typed.
SHOWN = 12


def draft(*words: Words, door: Changing = CHANGING) -> None:
    """Write the letter from what is known now, and say what a second reader finds in it."""
    from tocsin.actions.drafting import draft as action
    from tocsin.views.letters import preview as view

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        done = action(shell.app, shell.actor, key, notice, command=door.key)
        found = view(shell.app, shell.actor, done.incident, notice)
        if not shell.json:
            shell.say(*summary(shell, found))
            shell.say(*_problems(found))
        if not done.entries and done.incident.notices[notice].mark == "sent":
            shell.say(
                f"{notice} was sent, and nothing that it prints has changed since: there is nothing to draft"
            )
        changed(shell, done, f"Read it: tocsin preview {key} {notice}")


def preview(
    *words: Words,
    html: Annotated[Path | None, Parameter(help="FILE for all variants as one page.")] = None,
    raw: Annotated[Path | None, Parameter(help="FOLDER for all variants as mails, one .eml each.")] = None,
    samples: Annotated[Flag, Parameter(help="Of each group and language only the most frequent.")] = False,
    brief: Annotated[Flag, Parameter(help="Without the texts.")] = False,
    door: Reading = READING,
) -> None:
    """Every distinct letter, how many get it, how easily it reads, and the digest that an approval binds."""
    from tocsin.views.access import seen
    from tocsin.views.letters import preview as view

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        found = view(shell.app, shell.actor, seen(shell.app, shell.actor, key), notice)
        shell.say(*summary(shell, found))
        shown = _samples(found.variants) if samples else found.variants
        if html:
            write_page(html, found, shown)
            shell.say(f"{html}: {len(shown)} variants. {INVENTED_WORDS}")
        if raw:
            write_mails(raw, shown)
            shell.say(f"{raw}: {len(shown)} variants, a mail each. {INVENTED_WORDS}")
        if not (html or raw or brief):
            shell.say(*_texts(shown))
        shell.say(*_problems(found))
        shell.say(f"Approve exactly this: tocsin approve {key} {notice} --digest {found.digest[:SHOWN]}")
        shell.give({"key": key} | asdict(found))


def approve(
    *words: Words,
    digest: Annotated[str | None, Parameter(help="The digest that you read in the preview.")] = None,
    door: Changing = CHANGING,
) -> None:
    """Say yes to exactly these letters; the preview is shown first. What one person released alone is countersigned."""
    from tocsin import actions
    from tocsin.actions.alone import released_alone
    from tocsin.actions.notices import refuse_approval
    from tocsin.views.access import seen
    from tocsin.views.letters import preview as view

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        found = view(shell.app, shell.actor, seen(shell.app, shell.actor, key), notice)
        if digest is None and not at_terminal():
            raise WrongUsage(f"off a terminal approve needs --digest; tocsin preview {key} {notice} shows it")
        refuse_approval(
            shell.app, shell.actor, key, notice, actual=found.digest, digest=digest, command=door.key
        )
        lone = released_alone(shell.app.incident(key).notices[notice], digest or found.digest)
        shell.say(*whole(shell, found))
        if lone and lone.digest != found.digest:
            shell.say(alarm(f"What left is {lone.digest[:SHOWN]}: what it is made of has changed since."))
        if digest is None:
            wanted = found.digest[:SHOWN]
            deed = "countersign" if lone else "approve"
            if not confirm(f"{key}: {deed} these letters as {shell.actor.id}?", wanted):
                raise Refused(f"not confirmed; nothing was approved. Type {wanted} to say yes")
            digest = wanted
        done = actions.approve(shell.app, shell.actor, key, notice, digest=digest, command=door.key)
        if lone:
            shell.say(*lone_lines_of(shell, key, notice))
            changed(shell, done, f"{notice}, which {lone.person} released alone, is countersigned.")
            return
        given = {approval.person for approval in done.incident.notices[notice].approvals}
        missing = found.approvals_needed - len(given)
        following = (
            f"{missing} more must approve." if missing > 0 else f"Let them leave: tocsin send {key} {notice}"
        )
        changed(shell, done, f"{notice} is approved by {', '.join(sorted(given))}. {following}")


def reject(
    *words: Words,
    because: Annotated[Because, Parameter(help="What must change.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Say no to the draft, and why."""
    from tocsin import actions

    named, (notice,) = split(words, "NOTICE")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.reject(shell.app, shell.actor, key, notice, because=because, command=door.key)
        changed(
            shell,
            done,
            f"{notice} is rejected; correct the facts that it prints, or tocsin draft {key} {notice}.",
        )


def whole(shell: Shell, found: Any) -> list[str]:
    """A preview from end to end: who gets it, every distinct letter, what a second reader finds."""
    return [*summary(shell, found), *_texts(found.variants), *_problems(found)]


def summary(shell: Shell, found: Any) -> list[str]:
    approvals = ", ".join(f"{each.person} {shell.at(each.at)}" for each in found.approvals) or "nobody"
    locales = ", ".join(f"{count:,} {locale}" for locale, count in found.locales.items())
    lines = [
        bold(f"{found.notice}, edition {found.edition}: {found.mark}"),
        labelled("TO", f"{found.recipients:,} people ({locales}) in {len(found.variants)} variants"),
        *(labelled("ENGLISH", _instead(each), urgent=True) for each in found.instead),
        *(labelled("READS", _reads(each)) for each in found.readability),
        labelled("FROM", f"{clean(found.sender)}, answers to {clean(found.reply_to)}"),
        labelled("DIGEST", found.digest[:SHOWN]),
        labelled("YES BY", f"{approvals}; {found.approvals_needed} needed"),
    ]
    if found.digest != found.drafted_digest:
        lines.append(alarm("What would leave is not what was drafted: the draft is out of date."))
    return lines


def _instead(instead: Any) -> str:
    """How many readers of a language get the English letter, and why: `1,204 readers of fr get it: no templates`."""
    why = (
        "there are no templates in it"
        if instead.lacking == ("templates",)
        else f"nobody has said {' or '.join(instead.lacking)} in it"
    )
    readers = "1 reader" if instead.count == 1 else f"{instead.count:,} readers"
    verb = "gets" if instead.count == 1 else "get"
    return f"{readers} of {clean(instead.language)} {verb} the letter in English, which says so: {why}"


def _reads(found: Any) -> str:
    """How easily the letter reads in one language, in figures and in words."""
    figures = "".join(f", {name} {figure:.1f}" for name, figure in found.figures.items())
    long = f"{found.long_sentences} of {found.sentences} sentences long"
    return (
        f"{found.language}: {found.meaning}{figures}; {found.words_per_sentence:.1f} words a sentence, {long}"
    )


def _samples(variants: Any) -> list[Any]:
    """Of each group and language the most frequent letter; they come sorted so."""
    first = {(group, view.locale): view for view in reversed(variants) for group in view.groups}
    chosen = {view.name for view in first.values()}
    return [view for view in variants if view.name in chosen]


def _texts(variants: Any) -> list[str]:
    lines: list[str] = ["", INVENTED_WORDS]
    for view in variants:
        kinds = ", ".join(view.kinds) or "kinds unknown"
        lines += [
            "",
            bold(
                f"--- {view.name}  {people_of(view.count)} ({groups_of(view)})  "
                f"{view.locale}  {view.certainty}  {kinds}"
            ),
            f"Subject: {clean(view.letter.subject)}",
            "",
            clean(view.letter.text, lines=True).rstrip(),
        ]
    return [*lines, ""]


def _problems(found: Any) -> list[str]:
    """What the second reader found, each problem once, with the variants that have it."""
    where: dict[str, list[str]] = {}
    for view in found.variants:
        for problem in view.problems:
            where.setdefault(problem, []).append(view.name)
    whole = [labelled("COUNSEL", clean(doubt), urgent=True) for doubt in found.doubts]
    whole += [labelled("LINT", clean(problem), urgent=True) for problem in found.problems]
    return whole + [
        labelled("LINT", f"{clean(problem)} (in {len(names)} of {len(found.variants)} variants)", urgent=True)
        for problem, names in where.items()
    ]
