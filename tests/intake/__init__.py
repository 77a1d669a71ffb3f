"""Messages from outside: taken in once, kept whole, sealed, and heard where they are urgent."""
