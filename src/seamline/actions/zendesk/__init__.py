"""Zendesk: tickets are answered and tagged through its Tickets API."""

from seamline.actions.zendesk.settings import configured

__all__ = ["configured"]
