"""The distributor's office, a module for each page."""
