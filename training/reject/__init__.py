"""Reject inference: learning from applicants without an outcome."""
