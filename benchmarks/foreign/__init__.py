"""Peers that live in environments of their own; they ask and tell as JSON lines (`protocol`)."""
