"""What the language takes over from .NET: letter case, dates, custom date formats, regular expressions."""
