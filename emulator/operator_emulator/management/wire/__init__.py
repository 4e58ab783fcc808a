"""``read_…`` and ``show_…`` convert between this API's JSON and the nouns, one module for each group of nouns.

Reading is as lenient as the operator: unknown fields are ignored, numbers may be strings and vice versa, and ``""`` and
``null`` mean "absent" (D§7.2, 9.2). Showing omits empty values and keeps the recorded order of keys (D§6, 7.1).
"""
