import ArgumentParser
import Manifest

/// The names of the services that are described, for completion in a shell.
enum ServiceNames {
  static var completion: CompletionKind {
    .custom { words, _, _ in
      let folders = FolderOptions(from: words)
      guard let paths = try? folders.paths() else { return [] }
      return folders.load(paths).services.map(\.name)
    }
  }
}
