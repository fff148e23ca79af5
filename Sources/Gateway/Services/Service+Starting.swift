import Backend
import Manifest

/// What a start is made of.
extension Service {
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
    }
  }
}
