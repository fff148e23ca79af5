// Finds, splices and escapes JSON by byte range.
