"""What belongs to lesson 04 alone: its exercises, its material and its figures."""
