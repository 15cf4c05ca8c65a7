"""Lending policy: dated numbers, tables and knock-out rules."""
