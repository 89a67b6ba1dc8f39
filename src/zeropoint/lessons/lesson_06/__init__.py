"""What belongs to lesson 06 alone: its exercises, its material and its figures."""
