"""Partners of the service portal, their contracts, actions and streams."""
