"""What we believe: contracts, profile, policy, scorecard, offer, decision. Pure."""

#: The one version number: of the package, of the OpenAPI document, of ``rongzi --version``.
__version__ = "0.2.0"
