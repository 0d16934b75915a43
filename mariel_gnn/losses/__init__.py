"""What is minimised: pure functions, one value per example."""

from mariel_gnn.losses.elbo import ElboTerms, elbo_terms, kl_to_standard_normal, negative_elbo

__all__ = ["ElboTerms", "elbo_terms", "kl_to_standard_normal", "negative_elbo"]
