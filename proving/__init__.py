"""What search cannot answer: z3 asked whether pods can be placed at all, and for laws that hold at every size."""
