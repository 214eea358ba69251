"""The country profiles: data files only, read by nagara.kernel.profile."""
