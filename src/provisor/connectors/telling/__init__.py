"""Couriers that tell people: by mail (SMTP) and by webhook."""
