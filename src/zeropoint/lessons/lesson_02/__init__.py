"""What belongs to lesson 02 alone: its exercises, its material and its figures."""
