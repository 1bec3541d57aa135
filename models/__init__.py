"""What we remember, and the rules that hold whoever asks."""
