"""Quality and speed on fixed problems; ``python -m benchmarks NAME`` prints a page of results/."""
