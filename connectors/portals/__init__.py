"""Portals of others at which citizens follow dossiers, a file each."""
