"""Mouth, ears and legs: what speaks, listens, draws and carries."""
