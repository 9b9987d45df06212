"""The REST API, version 1: reading what pages show, and asking for ingests and exports. See ``curation.api.site``."""
