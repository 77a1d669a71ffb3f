"""An object store for tests: moto's server, which speaks S3, on a port of this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

BUCKET = "evidence"


@dataclass(frozen=True)
class Bucket:
    """A bucket of a store, filled and emptied as whoever writes logs would."""

    client: Any

    def put(self, key: str, content: bytes) -> str:
        """The URL of an object that holds these bytes now."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    def drop(self, key: str) -> None:
        """The object is gone."""
        self.client.delete_object(Bucket=BUCKET, Key=key)

    def clear(self) -> None:
        """The bucket is as empty as at first."""
        for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
            self.drop(each["Key"])


@dataclass(frozen=True)
class Store:
    """A running server with one bucket, and the way in: what Amazon's own tools look for in the environment."""

    ways: dict[str, str]
    bucket: Bucket


@contextmanager
def store() -> Iterator[Store]:
    """A server for the length of the block. One for all tests: what moto keeps belongs to the process."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    ways = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "an-id-of-tests",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests",
        "AWS_DEFAULT_REGION": "ap-southeast-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    try:
        with mock.patch.dict(os.environ, ways):
            client = boto3.client("s3")
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": ways["AWS_DEFAULT_REGION"]}
        )
        yield Store(ways, Bucket(client))
    finally:
        server.stop()
