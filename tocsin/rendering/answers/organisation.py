"""Answers about the company and its people: master data, from `contacts/`."""

from tocsin.domain.contacts import Identifier, Person
from tocsin.rendering.paperfacts import Answer, PaperFacts, master, title_of
from tocsin.rendering.words import Words


def name(paper: PaperFacts, words: Words) -> Answer:
    """Legal name."""
    return Answer(paper.organisation.legal_name)


def head_office(paper: PaperFacts, words: Words) -> Answer:
    """The first address on file."""
    return Answer(paper.organisation.addresses[0])


def trading_office(paper: PaperFacts, words: Words) -> Answer:
    """The second address on file; one address alone does not say that both offices are in one place."""
    addresses = paper.organisation.addresses
    return master(words, addresses[1] if len(addresses) > 1 else None, "organisation.addresses")


def licence(paper: PaperFacts, words: Words) -> Answer:
    """Founding decision or registration: kind and number as on file."""
    found = paper.organisation.licence
    real = found is not None and not found.sample
    return master(words, _numbered(found, words) if found and real else None, "organisation.licence")


def tax_code(paper: PaperFacts, words: Words) -> Answer:
    """The number whose scheme names tax."""
    found = next((each.value for each in _real(paper) if "tax" in each.scheme.lower()), None)
    return master(words, found, "organisation.identifiers")


def identifiers(paper: PaperFacts, words: Words) -> Answer:
    """Every number on file."""
    listed = "; ".join(_numbered(each, words) for each in _real(paper))
    return master(words, listed, "organisation.identifiers")


def phone_web(paper: PaperFacts, words: Words) -> Answer:
    """Telephone and website in one line, as Form 08 prints them."""
    organisation = paper.organisation
    return Answer(words.phrase("phone_web", phone=organisation.phone, web=organisation.website))


def contact(paper: PaperFacts, words: Words) -> Answer:
    """Address, telephone, mailbox, website."""
    organisation = paper.organisation
    lines = (organisation.addresses[0], organisation.phone, organisation.reply_to, organisation.website)
    return Answer("\n".join(lines))


def incident_contact(paper: PaperFacts, words: Words) -> Answer:
    """The desk that is staffed during an incident."""
    return Answer(f"{paper.organisation.incident_phone}; {paper.organisation.help_mail}")


def representative(paper: PaperFacts, words: Words) -> Answer:
    """Representatives under Art. 27; none on file is said, never filled."""
    found = paper.organisation.representatives
    if not found:
        return Answer(words.phrase("no_representative"))
    return Answer(
        "\n".join(
            f"{each.name}, {each.address} ({words.place(each.place)})"
            + "".join(f", {line}" for line in (each.email, each.phone) if line)
            for each in found
        )
    )


def lead_authority(paper: PaperFacts, words: Words) -> Answer:
    """Main establishment in the EEA; without one there is no lead authority (EDPB 9/2022, paras 72-73)."""
    place = paper.organisation.eu_main_establishment
    return Answer(words.phrase("lead", place=words.place(place)) if place else words.phrase("lead_none"))


def dpo_name(paper: PaperFacts, words: Words) -> Answer:
    """The data protection officer."""
    return Answer(paper.dpo.name)


def dpo_title(paper: PaperFacts, words: Words) -> Answer:
    """The officer's title, or what the role is called."""
    return title_of(paper.dpo, words) or Answer(words.phrase("dpo_title"))


def dpo_phone(paper: PaperFacts, words: Words) -> Answer:
    """The officer's telephone."""
    return master(words, paper.dpo.phone, f"people.{paper.dpo.id}.phone")


def dpo_email(paper: PaperFacts, words: Words) -> Answer:
    """The officer's mailbox."""
    return Answer(paper.dpo.email)


def dpo_line(paper: PaperFacts, words: Words) -> Answer:
    """The officer with title and contact."""
    return _line(paper.dpo, words)


def case_name(paper: PaperFacts, words: Words) -> Answer:
    """Who answers for this case."""
    return Answer(_officer(paper).name)


def case_title(paper: PaperFacts, words: Words) -> Answer:
    """That person's title."""
    officer = _officer(paper)
    if officer.id == paper.dpo.id:
        return dpo_title(paper, words)
    return title_of(officer, words) or master(words, None, f"people.{officer.id}.title")


def case_phone(paper: PaperFacts, words: Words) -> Answer:
    """That person's telephone."""
    officer = _officer(paper)
    return master(words, officer.phone, f"people.{officer.id}.phone")


def case_email(paper: PaperFacts, words: Words) -> Answer:
    """That person's mailbox."""
    return Answer(_officer(paper).email)


def filer(paper: PaperFacts, words: Words) -> Answer:
    """Who signs for the company, with contact."""
    return _line(paper.signatory, words)


def _real(paper: PaperFacts) -> list[Identifier]:
    """Numbers on file that nobody made up: a sample number on an authority's paper would be a false statement."""
    return [each for each in paper.organisation.identifiers if not each.sample]


def _numbered(number: Identifier, words: Words) -> str:
    """A number with what it is a number of, in the paper's language where that has a word for it."""
    return f"{words.choice('schemes', number.scheme)}: {number.value}"


def _officer(paper: PaperFacts) -> Person:
    return paper.case_officer or paper.dpo


def _line(person: Person, words: Words) -> Answer:
    called = title_of(person, words) or Answer(words.phrase("dpo_title") if "dpo" in person.roles else "")
    line = ", ".join(part for part in (person.name, called.text, person.email, person.phone) if part)
    return Answer(line, needs=called.needs)
