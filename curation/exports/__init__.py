"""Pure writers of export formats: plain records in, files out, the same bytes each time. Imports no Django."""
