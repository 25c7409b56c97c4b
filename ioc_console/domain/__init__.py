"""The vocabulary of the operations centre, one subject a file."""
