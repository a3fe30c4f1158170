"""Properties proved for all replica counts and budgets, by induction over the controllers' own arithmetic."""
