// The gateway.
