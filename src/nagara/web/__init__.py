"""The web shell: what comes in over HTTP, for programs (the API) and for people (the pages)."""
