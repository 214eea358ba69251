"""The web: the country over HTTP. Translates errors to statuses, serves pages, meters itself."""
