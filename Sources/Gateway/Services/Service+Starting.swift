import Backend
import Manifest
import Provision

/// What a start is made of.
extension Service {
  /// By what the manifest says and what was found out about its command before.
  func prepareHandshake() {
    handshake = Handshake(
      setting: handshakeSetting, knownEra: host.knownEra(of: self), preferred: startedFor)
  }

  var handshakeSetting: Handshake.Setting {
    switch manifest.process.protocolChoice {
    case .auto: .auto
    case .legacy: .legacy
    case .modern: .modern
    }
  }

  func explain(_ failure: Launch.Failure) -> String {
    switch failure {
    case .commandNotFound(let command):
      "Service '\(name)' cannot start: its command '\(command)' is not in PATH; "
        + "install it or write its full path in \(manifest.file)."
    case .notAbsolute(let path):
      "Service '\(name)' cannot start: its command was found as '\(path)', by a relative folder in "
        + "PATH; write its full path in \(manifest.file)."
    case .refused(let trouble):
      "Service '\(name)' is not started: \(trouble); \(trouble.advice)."
    }
  }
}
