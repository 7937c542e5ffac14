"""Fields: signals as functions of coordinates, a grid of features and a decoder."""
