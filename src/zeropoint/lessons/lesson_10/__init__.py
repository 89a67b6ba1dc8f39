"""What belongs to lesson 10 alone: its exercises, its material and its figures."""
