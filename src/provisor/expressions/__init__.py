"""The mapping language of the Entra provisioning service: parser, compiler to closures, functions. Pure."""
