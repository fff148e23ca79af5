import Manifest
import Provision

/// What is made for services, and which file their programs must be.
extension Examination {
  /// The same look at the file that a gateway takes before each start.
  mutating func examineProgram(of manifest: ServiceManifest) {
    let process = manifest.process
    let path = process.searchPath(inherited: environment)
    guard !process.sha256.isEmpty, let file = ProcessSpec.locate(process.command, path: path)
    else { return }
    do throws(ProgramFile.Trouble) {
      let trouble = try ProgramFile(path: file).trouble(expecting: process.sha256)
      if let trouble { find(FindingCode(trouble), manifest.name, trouble.description) }
    } catch {
      find(FindingCode(error), manifest.name, error.description)
    }
  }

  /// Environments that the manifests here do not need; manifests with mistakes may need any.
  mutating func examineEnvironments() {
    guard configuration.isUsable, configuration.services.allSatisfy(\.reasons.isEmpty) else {
      return
    }
    let unused = EnvironmentShelf(state: paths.state).unused(by: [configuration])
    if !unused.isEmpty { find(.environmentUnused, nil, unused.joined(separator: ", ")) }
  }
}

extension FindingCode {
  init(_ trouble: ProgramFile.Trouble) {
    switch trouble {
    case .foreign, .writable: self = .programExposed
    case .unreadable, .notRegular, .changed: self = .programChanged
    }
  }
}
