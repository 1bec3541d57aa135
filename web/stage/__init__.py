"""The demo: one page with everybody's phones, and the simulated providers behind it."""
