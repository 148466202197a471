"""Terraform and OpenTofu plans and states as JSON. Page: docs/artefacts/terraform.md."""

from seamline.artefacts.terraform.read import name, read, takes

__all__ = ["name", "read", "takes"]
