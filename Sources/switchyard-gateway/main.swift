// The process that clients launch.
