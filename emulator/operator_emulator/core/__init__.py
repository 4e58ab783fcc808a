"""What is true: nouns, verbs and views. Nothing here awaits, reads a clock or draws a random number."""
