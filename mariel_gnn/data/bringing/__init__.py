"""Bring your own: files of capture software checked, cleaned and made ready to learn from."""

from mariel_gnn.data.bringing.bring import BringOptions, Brought, bring

__all__ = ["BringOptions", "Brought", "bring"]
