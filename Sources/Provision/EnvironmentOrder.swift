package import Manifest
package import RawJSON

/// What a process that makes an environment is told on its stdin, as one JSON object.
extension PythonPackages {
  package var order: JSONValue {
    [
      "packages": .array(requirements.map { .string($0) }), "lock": .string(lock),
      "interpreter": .string(interpreter), "index": .string(index), "links": .string(links),
      "seconds": JSONValue(integerLiteral: Int(timeout.components.seconds)),
      "folder": .string(folder ?? ""),
    ]
  }

  /// Nil if it is no such order.
  package init?(order: JSONValue) {
    guard let packages = order["packages"]?.arrayValue, let folder = order["folder"]?.stringValue,
      folder.hasPrefix("/"), let seconds = order["seconds"]?.intValue
    else { return nil }
    self.init()
    requirements = packages.compactMap(\.stringValue)
    guard !requirements.isEmpty else { return nil }
    lock = order["lock"]?.stringValue ?? ""
    interpreter = order["interpreter"]?.stringValue ?? interpreter
    index = order["index"]?.stringValue ?? ""
    links = order["links"]?.stringValue ?? ""
    timeout = .seconds(seconds)
    self.folder = folder
  }
}

/// The lines by which it tells what it does.
package enum EnvironmentReport: Hashable, Sendable {
  /// What it does now.
  case step(String)
  /// Why it gave up; the last line.
  case failed(String)

  package var line: String {
    switch self {
    case .step(let text): "step " + text + "\n"
    case .failed(let text): "failed " + text + "\n"
    }
  }

  package init?(line: some StringProtocol) {
    if line.hasPrefix("step ") {
      self = .step(String(line.dropFirst(5)))
    } else if line.hasPrefix("failed ") {
      self = .failed(String(line.dropFirst(7)))
    } else {
      return nil
    }
  }
}
