"""The blockchain: many institutions, one history, and receipts that prove themselves."""
