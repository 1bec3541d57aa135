"""The stage and the sandbox behind it."""
