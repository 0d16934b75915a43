"""Text tables: from lines and columns to markers, and the exports of laboratories."""
