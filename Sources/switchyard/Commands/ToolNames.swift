import ArgumentParser
import RawJSON

/// The names of the tools on offer, for completion in a shell.
enum ToolNames {
  /// Asks the gateway; offers nothing when that takes longer than a person waits.
  static var completion: CompletionKind {
    .custom { words, _, _ in
      let folders = FolderOptions(from: words)
      guard let command = try? folders.gateway(), let client = try? GatewayClient(command) else {
        return []
      }
      defer { client.close() }
      let tools = try? client.list("tools/list", "tools", timeout: 1)
      return (tools ?? []).compactMap { $0["name"]?.stringValue }
    }
  }
}

extension FolderOptions {
  /// The options in a command line that is still being written.
  init(from words: [String]) {
    self.init()
    (config, state) = (nil, nil)
    for (option, value) in zip(words, words.dropFirst()) {
      if option == "--config" { config = value }
      if option == "--state" { state = value }
    }
  }
}
