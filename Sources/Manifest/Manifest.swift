// The configuration as values.
//
//   folder -> files -> Node (target YAML) -> tables of Field -> immutable values
//                                                     \-> [Diagnostic], all at once
//
// A configuration is a folder with an optional `gateway.yaml`, `manifests/*.yaml`
// and `secrets/NAME`. Reading it never stops at the first mistake and never lets
// one file harm another: a broken manifest switches its own service off and says
// why; everybody else is served (reliability promise I8).
//
// Every key stands in exactly one table (`ServiceManifest.fields`,
// `GatewayConfiguration.fields` and those below them). The table reads the key,
// checks its range, offers the nearest known key for a misspelt one, and is what
// the JSON Schema for editors and the reference tables are made of.
//
// Values are read when the folder is loaded; nothing here watches, runs or
// connects. Values of variables and secrets never appear in a diagnostic.
