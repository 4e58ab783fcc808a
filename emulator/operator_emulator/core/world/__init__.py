"""What every verb stands on: the world, its clock, its jobs, its events."""
