"""How a function meets its arguments: signatures, conversions, and the context of an evaluation."""
