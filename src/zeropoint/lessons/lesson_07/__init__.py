"""What belongs to lesson 07 alone: its exercises, its material and its figures."""
