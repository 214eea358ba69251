"""`python -m nagara` is the same as `nagara`."""

from nagara.cli import main

main()
