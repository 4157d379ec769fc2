"""Papers: official forms as PDF, made by Typst from a template a form and data of one dossier."""
