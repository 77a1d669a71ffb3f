"""Verbs about people: answering a page, taking and handing over roles, calling somebody now."""

from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.aftermath import await_calls, changed, say_again, say_what_waits, settled
from tocsin.cli.console import CHANGING, UNREACHED, Because, Changing, Flag, Words, labelled
from tocsin.cli.incidents import inc, split, which
from tocsin.domain.message import route_name


def ack(
    *words: Words,
    role: Annotated[str | None, Parameter(help="For which role, where you were called for several.")] = None,
    door: Changing = CHANGING,
) -> None:
    """Answer a page, and take the role by it. Each role answers for itself."""
    from tocsin import actions
    from tocsin.actions.people import awaited

    with door.open() as shell:
        key = which(shell, split(words)[0])
        done = actions.ack(shell.app, shell.actor, key, role=role, command=door.key)
        roles = [role for role, holder in done.incident.roles.items() if holder == shell.actor.id]
        now, person = f"What now: tocsin card{inc(shell, key)}", shell.actor.person
        what = "you look at it" if roles == ["triage"] else f"you are {', '.join(roles)}"
        changed(shell, done, f"{done.incident.code_name}: {what}. {now}")
        for silent in awaited(shell.app, done.incident, person) if person else ():
            shell.say(f"The {silent} has not answered yet: tocsin ack{inc(shell, key)} --role {silent}")


def take(*words: Words, door: Changing = CHANGING) -> None:
    """Take a role; whoever held it is relieved."""
    from tocsin import actions

    named, (role,) = split(words, "ROLE")
    with door.open() as shell:
        done = actions.take(shell.app, shell.actor, which(shell, named), role, command=door.key)
        changed(shell, done, f"{done.incident.code_name}: you are {role}.")


def hand(
    *words: Words,
    back: Annotated[Flag, Parameter(help="Name nobody: the role is called for anew.")] = False,
    because: Annotated[Because, Parameter(help="Why you cannot go on; with --back.")] = "",
    door: Changing = CHANGING,
) -> None:
    """Hand over a role that you hold, or give it back."""
    from tocsin import actions

    if back:
        named, (role,) = split(words, "ROLE")
    else:
        named, (role, to) = split(words, "ROLE", "TO")
    with door.open() as shell:
        key = which(shell, named)
        if back:
            done = actions.hand_back(shell.app, shell.actor, key, role, because=because, command=door.key)
            changed(shell, done, f"{done.incident.code_name}: nobody is {role} now; it is called for anew.")
            return
        done = actions.hand(shell.app, shell.actor, key, role, to, command=door.key)
        changed(shell, done, f"{done.incident.code_name}: {to} is {role}.")


def silence(
    *words: Words,
    because: Annotated[Because, Parameter(help="Who reads it, or how you know.")] = "",
    lift: Annotated[Flag, Parameter(help="The route is safe again.")] = False,
    door: Changing = CHANGING,
) -> None:
    """Say nothing about this incident by a route any more: slack, email or command."""
    from tocsin import actions

    named, (route,) = split(words, "ROUTE")
    with door.open() as shell:
        key = which(shell, named)
        deed = actions.lift if lift else actions.silence
        done = deed(shell.app, shell.actor, key, route, because=because, command=door.key)
        name = route_name(route)
        stands = f"{name} is used again" if lift else f"nothing goes to {name} any more"
        changed(shell, done, f"{done.incident.code_name}: {stands}. What was sent there stays there.")


def page(
    *words: Words,
    because: Annotated[Because, Parameter(help="What to say with the call.")] = "",
    door: Changing = CHANGING,
) -> int:
    """Call a person or a role now."""
    from tocsin import actions
    from tocsin.cli.declaring import called_line
    from tocsin.views.calls import called, climbs

    named, (who,) = split(words, "WHO")
    with door.open() as shell:
        key = which(shell, named)
        done = actions.page(shell.app, shell.actor, key, who, because=because or None, command=door.key)
        settled(shell, done)
        say_again(shell, done)
        await_calls(shell, key)
        asked = {entry.seq for entry in done.entries}
        incident = shell.app.incident(key)
        pages = {(each.person, each.role): each for each in incident.pages if each.seq in asked}
        ladders = climbs(shell.app, incident, shell.app.now())
        calls = [call for call in called(incident) if (call.person, call.role) in pages]
        for call in calls:
            line = called_line(shell, call, ladders.get(call.role))
            shell.say(labelled("CALLED", line, urgent=not call.reached))
        unreached = [call.person for call in calls if not call.reached]
        if unreached:
            shell.warn(f"not reached: {', '.join(unreached)}; call by telephone, tocsin oncall shows numbers")
            say_what_waits(shell, key)
        shell.give(
            {
                "key": key,
                "called": [
                    {"person": call.person, "role": call.role, "routes": dict(call.outcomes)}
                    for call in calls
                ],
                "unreached": unreached,
            }
        )
        return UNREACHED if unreached else 0
