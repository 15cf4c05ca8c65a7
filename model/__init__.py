"""The credit rules: archive contract, profile, policy, scorecard, offer, decision. Pure."""

#: The version of the package, of the OpenAPI document and of ``rongzi --version``.
__version__ = "0.2.0"
