"""What belongs to lesson 09 alone: its exercises, its material and its figures."""
