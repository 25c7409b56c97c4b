"""IOC Console: the core, without Qt."""
