"""What belongs to lesson 03 alone: its exercises, its material and its figures."""
