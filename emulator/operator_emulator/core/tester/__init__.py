"""What only a tester can do: faults, rate limits, synthetic events, organisation snapshots."""
