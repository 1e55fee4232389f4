"""`advisor import`: customers and their past calls from a file of the company's own shape."""
