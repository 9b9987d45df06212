"""Views: parse, one service or selector, render. Who may come in is said in curation.config.access."""
