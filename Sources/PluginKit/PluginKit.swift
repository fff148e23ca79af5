// Writes an MCP stdio service.
