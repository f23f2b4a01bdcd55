"""The SCIM service provider over HTTP."""
