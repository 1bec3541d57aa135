"""What we do when something happened: one file per happening, one transaction each."""
