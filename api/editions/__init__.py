"""Editions: built from the archive, published, verified and served."""
