"""What belongs to lesson 12 alone: its exercises, its material and its figures."""
