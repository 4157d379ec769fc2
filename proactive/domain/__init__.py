"""The words of the journey as frozen values: change, occasion, dossier, notice, application. No I/O, no clock."""
