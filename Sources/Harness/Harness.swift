// The stdio harness.
