import Glibc
import Loop
import MCP
import Manifest
import Store

/// Whether each service could run, as far as that is known without starting it.
extension Examination {
  mutating func examine(_ manifest: ServiceManifest) {
    let name = manifest.name
    if let trouble = manifest.process.trouble(inherited: environment) {
      find(FindingCode(trouble), name, trouble.description)
    } else {
      examineProgram(of: manifest)
      examineInterpreter(of: manifest)
    }
    examineEra(of: manifest)
  }

  private mutating func examineEra(of manifest: ServiceManifest) {
    let choice = manifest.process.protocolChoice
    switch choice {
    case .auto: return
    case .legacy: examineEra(of: manifest.name, .legacy, choice.rawValue)
    case .modern: examineEra(of: manifest.name, .modern, choice.rawValue)
    }
  }

  mutating func examineEra(of remote: RemoteService, _ name: String) {
    let choice = remote.protocolChoice
    switch choice {
    case .auto: return
    case .legacy, .sse: examineEra(of: name, .legacy, choice.rawValue)
    case .modern: examineEra(of: name, .modern, choice.rawValue)
    }
  }

  private mutating func examineEra(of name: String, _ expected: Era, _ choice: String) {
    guard let record = state.catalogue(of: name), let spoken = Revision(rawValue: record.revision),
      spoken.era != expected
    else { return }
    find(.eraWrong, name, "'protocol: \(choice)', but it spoke \(record.revision)")
  }

  private mutating func examineInterpreter(of manifest: ServiceManifest) {
    let path = manifest.process.searchPath(inherited: environment)
    guard let file = ProcessSpec.locate(manifest.process.command, path: path),
      let interpreter = Interpreter(of: file, path: path), let version = interpreter.version
    else { return }
    let least = interpreter.kind.least
    guard version.lexicographicallyPrecedes(least) else { return }
    let shown = version.map { String($0) }.joined(separator: ".")
    find(
      interpreter.kind == .node ? .nodeTooOld : .pythonTooOld, manifest.name,
      "\(interpreter.program) is \(shown)")
  }

  // MARK: APIs and remote servers

  mutating func examine(_ api: REST.Service, of name: String) {
    if let file = api.connections.caFile, let why = Self.whyUnusable(certificates: file) {
      find(.certificateUnusable, name, why)
    }
    if api.connections.socket == nil { examine(api.address, of: name) }
  }

  /// What is beyond this machine may be there or not: nobody is asked without being told to.
  mutating func examine(_ address: REST.Address, of name: String) {
    let host = address.host
    guard ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host.lowercased()) else { return }
    let port = address.port
    if !LocalPort.isOpen(port) {
      find(.portClosed, name, "nothing listens at \(host):\(port)")
    }
  }

  mutating func examineLogin(at remote: RemoteService, of name: String) {
    guard remote.bearer == nil else { return }
    let file = LoginFile(state: paths.state, service: name)
    let keeper = LoginKeeper(
      file: file, service: name, choice: .file, patience: LoginKeeper.shortPatience)
    if let why = keeper.trouble(for: remote.url) { find(.loginUnusable, name, why) }
  }

  private static func whyUnusable(certificates file: String) -> String? {
    guard let bytes = Process.contents(of: file, limit: 16 << 20) else {
      return "\(file): \(Process.lastError)"
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("-----BEGIN CERTIFICATE-----") ? nil : "\(file) holds no certificate"
  }
}

extension FindingCode {
  init(_ trouble: CommandTrouble) {
    switch trouble {
    case .notInPath, .missing: self = .commandMissing
    case .notExecutable, .isFolder: self = .commandNotExecutable
    case .noInterpreter: self = .interpreterMissing
    case .noDirectory: self = .directoryMissing
    case .notBuilt: self = .environmentMissing
    case .noLock: self = .lockMissing
    }
  }
}

/// A port of this machine.
enum LocalPort {
  /// Whether something takes connections there, under either address of the machine itself.
  static func isOpen(_ port: Int) -> Bool {
    guard let number = UInt16(exactly: port) else { return false }
    var first = sockaddr_in()
    first.sin_family = sa_family_t(AF_INET)
    first.sin_port = number.bigEndian
    first.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var second = sockaddr_in6()
    second.sin6_family = sa_family_t(AF_INET6)
    second.sin6_port = number.bigEndian
    second.sin6_addr = in6addr_loopback
    return connects(AF_INET, &first) || connects(AF_INET6, &second)
  }

  private static func connects<Address>(_ family: Int32, _ address: inout Address) -> Bool {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let size = socklen_t(MemoryLayout<Address>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, size) == 0
      }
    }
  }
}
