"""A program of the company's own as a route: it sends an SMS or rings a telephone, and says by its status how it went.

The words travel on standard input and in the environment, never in an argument, which every account of the machine
can read. Its output and status are what the other side said; the number, which is a person's own, is left out of it.
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tocsin.channels import one_line
from tocsin.domain.masking import MASK
from tocsin.domain.message import Outcome, Receipt, ShortCall, Undelivered
from tocsin.domain.routes import Gateway
from tocsin.program import Ending, run_program

#: "Temporary failure; the user is invited to retry" (sysexits.h).
TRY_AGAIN = 75
#: Bytes of what a gateway prints that are kept.
_MOST_OUTPUT = 4096
#: Hands enough for everybody to be rung at once: a call that waits for a hand would count as one that takes long.
_RINGING = ThreadPoolExecutor(64, thread_name_prefix="gateway")


@dataclass(frozen=True)
class CommandChannel:
    """The gateways of a house; each call is a process of its own."""

    gateways: Sequence[Gateway]
    #: Drills and demos run only what says that it rings nobody.
    fenced: bool = False

    name = "command"

    async def send(self, item: ShortCall) -> Receipt:
        """Run the gateway; the receipt is its status and the first words it printed. Raises Undelivered.

        Phases: connect (not started), reply (what its status said, or that its time was up).
        """
        gateway = self._gateway(item)
        run = partial(
            run_program,
            gateway.argv,
            within=gateway.within,
            environment={
                "TOCSIN_ID": item.message_id,
                "TOCSIN_INC": item.incident,
                "TOCSIN_TO": item.number,
                "TOCSIN_TEXT": item.text,
            },
            said=item.text.encode(),
            most=_MOST_OUTPUT,
        )
        ending = await asyncio.get_running_loop().run_in_executor(_RINGING, run)
        return _receipt(gateway, ending, item.number)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _gateway(self, item: ShortCall) -> Gateway:
        for gateway in self.gateways:
            if item.gateway in (None, gateway.id):
                if self.fenced and not gateway.in_drills:
                    reason = f"{gateway.id} rings real telephones, and this home reaches nobody"
                    raise Undelivered("down", "connect", reason)
                return gateway
        named = f"no gateway {item.gateway}" if item.gateway else "no gateway"
        raise Undelivered("down", "connect", f"contacts/escalation.yaml lists {named}")


def _receipt(gateway: Gateway, ending: Ending, number: str) -> Receipt:
    said = one_line(_without(number, ending.output.decode("utf-8", "replace")))
    if ending.outcome == "succeeded":
        return Receipt(f"{gateway.id}: exit 0 {said}".strip())
    if ending.outcome == "not-started":
        raise Undelivered("down", "connect", one_line(f"{gateway.id}: {ending.why}"))
    if ending.outcome in ("timed-out", "interrupted"):
        limit = f"{gateway.within.total_seconds():g} s"
        raise Undelivered("ambiguous", "reply", one_line(f"{gateway.id}: no end within {limit} {said}"))
    outcome: Outcome = "retry" if ending.exit_code == TRY_AGAIN else "refused"
    raise Undelivered(outcome, "reply", one_line(f"{gateway.id}: exit {ending.exit_code} {said}"))


def _without(number: str, said: str) -> str:
    """What was said, without the number, however it is written: in groups, from abroad or within the country."""
    digits = re.sub(r"\D", "", number)
    between = r"[^\w\n]{0,3}"
    # A country's code has three digits at most; a gateway may leave it out, or write a 0 instead.
    own = min(3, max(0, len(digits) - 7))
    code = "".join(f"(?:{digit}{between})?" for digit in digits[:own])
    return re.sub(rf"[+(]*(?:0{between}){{0,2}}{code}{between.join(digits[own:])}", MASK, said)
