// Manifests as values.
