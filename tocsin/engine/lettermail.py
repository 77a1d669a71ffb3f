"""The letter of a row of the ledger as a mail: what its reader is told, to the very bytes that leave."""

import hashlib
from dataclasses import dataclass
from typing import Any

from tocsin.domain.errors import Refused
from tocsin.domain.message import MailEnvelope
from tocsin.domain.returns import return_path
from tocsin.engine.course import Course
from tocsin.engine.letterrow import address_of, opened, reader_at
from tocsin.rendering.letter import addressed


@dataclass(frozen=True, slots=True)
class Made:
    """A mail with the SHA-256 of its bytes, or why there is none."""

    row: Any
    mail: MailEnvelope | None = None
    digest: str | None = None
    fault: Refused | None = None


def made_of(course: Course, row: Any) -> Made:
    """What a row's letter came to; a letter that cannot be made keeps no other from leaving."""
    try:
        mail = mail_of(course, row)
    except Refused as fault:
        return Made(row, fault=fault)
    return Made(row, mail, hashlib.sha256(mail.content).hexdigest())


def mail_of(course: Course, row: Any) -> MailEnvelope:
    """The mail to one reader, at the address at which the row stands. Raises Refused."""
    content = opened(course.people_key, row)
    reader, locale = reader_at(content, row)
    letter = course.write.letters.cut(reader, locale)
    mold, bounces = course.mold(letter.subject, reader.audience), course.job.app.settings.mail.bounces
    return mold.letter(
        message_id=row.message_id,
        date=row.first_attempt_at or course.taken_at or course.job.app.now(),
        to=(addressed(reader), address_of(content, row)),
        text=letter.text,
        html=letter.html,
        envelope_sender=return_path(bounces, row.message_id) if bounces else None,
        ours=course.may_begin,
    )
