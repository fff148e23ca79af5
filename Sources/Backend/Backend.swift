// Connections to services.
