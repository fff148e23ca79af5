import Glibc
import Manifest
import TestSupport
import Testing

/// A configuration folder for one test.
struct ConfigurationFolder {
  /// Without it a test cannot begin.
  let folder = try! TemporaryFolder()

  var path: String { folder.path }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) -> String {
    write(name, Array(text.utf8), mode: mode)
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) -> String {
    do {
      return try folder.write(bytes, to: name, mode: mode)
    } catch {
      Issue.record("cannot write \(name): \(error)")
      return ""
    }
  }

  /// Writes `manifests/NAME.yaml`.
  @discardableResult
  func manifest(_ name: String, _ text: String) -> Self {
    write("manifests/\(name).yaml", text)
    return self
  }

  func load(_ environment: [String: String] = [:], plugins: [String] = []) -> Configuration {
    Configuration.load(directory: path, pluginDirectories: plugins, environment: environment)
  }
}

/// The one service that `text` describes, in a folder of its own, named `it` by its file.
func service(_ text: String, _ environment: [String: String] = [:]) -> ServiceEntry {
  let folder = ConfigurationFolder().manifest("it", text)
  let services = folder.load(environment).services
  return services.count == 1
    ? services[0] : ServiceEntry(name: "none", file: "", state: .off([]))
}

/// The messages of a broken manifest, with line and column but without the file.
func complaints(_ text: String, _ environment: [String: String] = [:]) -> [String] {
  service(text, environment).reasons.map { "\($0.line):\($0.column): \($0.message)" }
}

/// A manifest of a process with more lines after it.
func process(_ lines: String) -> String { "process:\n  command: x\n" + lines }
