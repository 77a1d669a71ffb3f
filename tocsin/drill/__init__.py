"""The drill: a whole incident on a leaping clock, in a world of its own, with sinks instead of people outside."""
