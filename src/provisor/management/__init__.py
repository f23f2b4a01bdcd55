"""The management API in the shapes of Microsoft Graph (to come)."""
