"""How the service provider is operated: what is kept of a request, how many there may be, how many there were."""
