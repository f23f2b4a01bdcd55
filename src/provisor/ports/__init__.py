"""What the product needs from outside, as Protocols only."""
