"""Leader election: of several instances of a control-plane process one acts at a time, or should (§11)."""
