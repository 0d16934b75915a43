"""Bring your own: files of capture software checked, cleaned and made ready to learn from."""

from mariel_gnn.data.bringing.bring import Brought, bring
from mariel_gnn.data.bringing.options import BringOptions

__all__ = ["BringOptions", "Brought", "bring"]
