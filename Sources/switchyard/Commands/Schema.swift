import ArgumentParser

/// `switchyard schema`: the JSON Schema of manifests.
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of manifests, for editors.",
    discussion: """
      EXAMPLES
        switchyard schema > manifest.schema.json
      """)

  func run() throws {}
}
