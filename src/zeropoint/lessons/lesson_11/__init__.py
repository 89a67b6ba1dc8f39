"""What belongs to lesson 11 alone: its exercises, its material and its figures."""
