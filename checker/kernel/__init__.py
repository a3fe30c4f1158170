"""The compiled kernel: a search in C over tables that Python fills."""
