"""Neural fields that know how sure they are."""
