// The envelope of MCP messages.
