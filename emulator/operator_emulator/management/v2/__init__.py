"""Version 2 of the management API (V§): its routes, readers, renderers and refusals, over the same verbs as version 1.

What both versions have in common is an endpoint of version 1; only what differs is here.
"""
