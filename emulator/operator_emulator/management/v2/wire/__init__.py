"""Between the nouns and the JSON of version 2, by noun. SIMs, usage and orders look as in version 1."""
