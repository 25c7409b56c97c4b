"""The roles that a process of the console may take: each builds what it needs, and runs until it is stopped."""
