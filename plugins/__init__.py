"""The sources of the centre, one module or package each."""
