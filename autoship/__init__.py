"""What recurs"""
