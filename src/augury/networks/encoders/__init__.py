"""Encoders of images, fields, signals, video and point clouds: large kernels and structured mixing."""
