"""The tests. Each folder is named for the room that it tests; names of tests are sentences."""
