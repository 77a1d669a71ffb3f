"""Evidence: the vault, its custody, and the verifier that names the first thing that is not as it was."""
