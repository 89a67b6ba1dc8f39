"""What belongs to lesson 01 alone: its exercises, its material and its figures."""
