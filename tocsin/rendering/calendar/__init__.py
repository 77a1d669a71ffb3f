"""All due moments of an incident on one line of time: for the terminal and as a picture, from the same marks."""
