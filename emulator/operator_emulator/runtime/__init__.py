"""What makes the world move: the engine, the sender, the journal."""
