"""The API's calls, one file per kind of record; each is a plain function from state and call to an answer."""
