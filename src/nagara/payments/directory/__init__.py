"""The directory: participants, the parties who hold accounts at them, their devices and addresses."""
