"""What a person may see. Pure reading: every function returns plain values and writes nothing."""
