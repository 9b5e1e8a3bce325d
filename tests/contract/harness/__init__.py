"""What run.py is made of: drivers, cases, reference answers and the report."""
