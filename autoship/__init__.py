"""What recurs: standing orders that become orders."""
