"""What sparse surrogates share: their data, in memory or in files, and their posterior."""
