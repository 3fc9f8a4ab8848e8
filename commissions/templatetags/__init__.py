"""What templates of any app may use to write amounts."""
