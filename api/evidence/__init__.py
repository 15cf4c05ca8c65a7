"""The evidence of a case as one signed file, which an auditor checks without this service."""
