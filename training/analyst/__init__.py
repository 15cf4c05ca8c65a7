"""The analyst's bench in Python: the card as a scikit-learn estimator, frames, gates."""
