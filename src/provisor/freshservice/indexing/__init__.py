"""The index in parts: its entries, and the names of departments, locations and roles."""
