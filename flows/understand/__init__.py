"""Turning a guest's words into values, in any language that has a vocabulary."""
