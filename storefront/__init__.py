"""What is sold"""
