"""What people see and are told: the distributor's office and head office."""
