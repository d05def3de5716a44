"""What benchmark/compare is made of."""
