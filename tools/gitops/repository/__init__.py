"""The tree as data: discovery, the kustomize graph, rendering, source positions."""
