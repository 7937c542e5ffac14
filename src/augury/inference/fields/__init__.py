"""The training of neural fields on images and signed distances."""
