"""What belongs to lesson 05 alone: its exercises, its material and its figures."""
