"""The M2M Service Portal's API, with the token issuer, the gateway and the event streams around it."""
