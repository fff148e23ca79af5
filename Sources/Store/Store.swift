// The state file.
