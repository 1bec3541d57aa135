"""The doors: verify, translate, hand over, show."""
