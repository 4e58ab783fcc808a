"""read_… and show_…: between the JSON of this API and the nouns, a module for each group of nouns.

Reading is as forgiving as the operator: unknown fields are ignored, numbers may come as strings and the other way
round, ``""`` and ``null`` mean "not given" (D§7.2, 9.2). Showing leaves out empty values and keeps the recorded
order of keys (D§6, 7.1).
"""
