import ArgumentParser
import Manifest
import RawJSON

/// `switchyard schema`: the JSON Schema of manifests.
struct Schema: ParsableCommand {
  enum Kind: String, CaseIterable, ExpressibleByArgument { case manifest, gateway }

  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of manifests or of gateway.yaml, for editors.",
    discussion: """
      An editor that speaks the YAML language server takes it from the first line of a file:
      # yaml-language-server: $schema=manifest.schema.json

      EXAMPLES
        switchyard schema > manifest.schema.json
        switchyard schema gateway > gateway.schema.json
      """)

  @Argument(help: "Which file the schema is for.")
  var kind: Kind = .manifest

  func run() throws {
    let schema =
      switch kind {
      case .manifest: ManifestSchema.manifests
      case .gateway:
        ManifestSchema.schema(of: GatewayConfiguration.keys, title: "Switchyard gateway.yaml")
      }
    Terminal.output.write(schema.serialized(pretty: true) + [0x0A])
  }
}
