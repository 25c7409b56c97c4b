"""Exports: any list of the console as a CSV, XLSX or PDF file."""
