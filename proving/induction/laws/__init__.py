"""The laws that are proved: one file each, with its hypotheses and its mutations."""
