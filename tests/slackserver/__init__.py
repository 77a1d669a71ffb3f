"""A Slack workspace for tests of the app: it enforces Slack's limits, signs what its members do, and takes no excuse.

In the manner of GoAlert's mockslack: members click, type, mark and upload; a test says which messages it expects, and
fails on any other.
"""

from tests.slackserver.members import Member
from tests.slackserver.server import Heard, SlackServer
from tests.slackserver.signing import sign

__all__ = ["Heard", "Member", "SlackServer", "sign"]
