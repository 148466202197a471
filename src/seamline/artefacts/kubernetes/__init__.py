"""Kubernetes manifests as they come out of `helm template` and `kustomize build`. Page: docs/artefacts/kubernetes.md."""

from seamline.artefacts.kubernetes.read import name, read, takes

__all__ = ["name", "read", "takes"]
