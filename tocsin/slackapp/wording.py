"""Words for who reads here: their own language where Slack's id is somebody's, else the company's first."""

from tocsin.actors import Actor
from tocsin.app import App
from tocsin.rendering.words import Words, load_words


def words_for(app: App, actor: Actor) -> Words:
    """The words of this reader's language."""
    languages = actor.person.languages if actor.person else app.catalog.contacts.organisation.languages
    return load_words(app.pack_folder(app.catalog), languages[0])
