"""Between the JSON of the control plane and the nouns."""
