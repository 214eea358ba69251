"""The directory: participants, and the parties who hold accounts at them."""
