"""Signing in at providers of electronic identities by OpenID Connect: VNeID, the national portal, the city's directory.

A provider is a YAML file of the folder `PROACTIVE_IDENTITY`; nothing here knows what is done with who signed in.
"""
