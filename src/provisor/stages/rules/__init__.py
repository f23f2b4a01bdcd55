"""Rules, checked with all their faults and compiled once, before anybody is mapped by them."""
