"""What `nagara bench` runs, and the peers it is measured against, in the same run."""
