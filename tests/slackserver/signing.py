"""Requests as Slack signs them: docs.slack.dev/authentication/verifying-requests-from-slack."""

import hashlib
import hmac

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"


def sign(body: bytes, at: float, secret: str = SECRET, content: str = FORM) -> dict[str, str]:
    """The headers of a request that was signed at a moment, in seconds since 1970."""
    timestamp = str(int(at))
    base = b":".join((b"v0", timestamp.encode(), body))
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
    }
