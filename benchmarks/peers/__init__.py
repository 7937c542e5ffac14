"""The peers that run in this process, each as its own documentation recommends."""
