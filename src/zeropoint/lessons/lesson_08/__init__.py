"""What belongs to lesson 08 alone: its exercises, its material and its figures."""
