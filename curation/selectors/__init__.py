"""Reading: what pages, commands and tasks ask of the facts."""
