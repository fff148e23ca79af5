import Clients
import Glibc
import Loop
import MCP
import Manifest
import RawJSON
import Store

/// What `switchyard doctor` looks at, and what it finds.
///
/// It starts no service and changes nothing. It reads the configuration as a gateway would, the
/// state file, and what running gateways say of themselves; it asks interpreters for their version
/// and connects to ports of this machine.
struct Examination {
  let paths: ConfigurationPaths
  let configuration: Configuration
  let state: StateSnapshot
  let live: [Int32: JSONObject]
  /// Sockets at which nobody listened.
  let staleSockets: Int
  /// Gateways that listen and did not answer.
  let silent: [Int32]
  let environment: [String: String]
  private(set) var findings: [Finding] = []

  init(paths: ConfigurationPaths, configuration: Configuration, environment: [String: String]) {
    self.paths = paths
    self.configuration = configuration
    self.environment = environment
    let addresses = ControlAddress.all(in: paths.state)
    let gateways = ControlClient.all(in: paths.state)
    staleSockets = addresses.count - gateways.count
    var live: [Int32: JSONObject] = [:]
    var silent: [Int32] = []
    for gateway in gateways {
      do throws(ControlClient.Failure) {
        live[gateway.address.pid] = try gateway.ask(["command": "status"])
      } catch {
        silent.append(gateway.address.pid)
      }
    }
    self.live = live
    self.silent = silent
    state = StateSnapshot(folder: paths.state)
  }

  /// The worst first, then by service.
  mutating func examine() {
    examineConfiguration()
    for manifest in configuration.ready {
      if let api = manifest.rest {
        examine(api, of: manifest.name)
      } else if let remote = manifest.remote {
        examine(remote.address, of: manifest.name)
        examineLogin(at: remote, of: manifest.name)
        examineEra(of: remote, manifest.name)
      } else {
        examine(manifest)
      }
    }
    examineGateways()
    examineState()
    examineHistory()
    examineEnvironments()
    examineTools()
    findings = findings.enumerated().sorted { left, right in
      let severities = (left.element.code.severity, right.element.code.severity)
      return severities.0 != severities.1 ? severities.0 > severities.1 : left.offset < right.offset
    }.map(\.element)
  }

  mutating func find(_ code: FindingCode, _ service: String? = nil, _ detail: String) {
    findings.append(Finding(code, service, detail))
  }

  private mutating func examineConfiguration() {
    if !configuration.isUsable {
      let ofServices = Set(configuration.services.flatMap(\.reasons))
      for diagnostic in configuration.diagnostics
      where diagnostic.severity == .error && !ofServices.contains(diagnostic) {
        let isExposed = diagnostic.cause == .exposure
        find(isExposed ? .fileRefused : .settingsBroken, nil, diagnostic.description)
      }
    }
    for entry in configuration.services {
      guard case .off(let reasons) = entry.state else { continue }
      for reason in reasons {
        let code: FindingCode =
          switch reason.cause {
          case .mistake: .manifestBroken
          case .variable: .variableMissing
          case .secret: .secretMissing
          case .exposure: .fileRefused
          }
        find(code, entry.name, reason.description)
      }
    }
    if configuration.isUsable, configuration.services.isEmpty {
      find(.nothingConfigured, nil, paths.configuration)
    }
    if (try? Installation.gateway()) == nil {
      find(.gatewayMissing, nil, "switchyard-gateway was not found")
    }
    // What a folder that nobody named holds is refused, and told above.
    if paths.isConfigurationExplicit {
      let folders = [paths.configuration, paths.configuration + "/manifests"]
      for path in folders + configuration.services.map(\.file) {
        examinePermissions(of: path, forbidden: 0o002, advice: "chmod o-w")
      }
    }
    examinePermissions(of: paths.state, forbidden: 0o077, advice: "chmod 700")
  }

  private mutating func examinePermissions(of path: String, forbidden: mode_t, advice: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & forbidden != 0,
      status.st_mode & S_ISVTX == 0
    else { return }
    let mode = String(status.st_mode & 0o777, radix: 8)
    find(.filePermissions, nil, "\(path) has the mode \(mode); \(advice) it")
  }

  private mutating func examineGateways() {
    for pid in silent { find(.gatewaySilent, nil, "the gateway with the process number \(pid)") }
    for (pid, report) in live.sorted(by: { $0.key < $1.key }) {
      if let version = report["version"]?.stringValue, version != Product.version {
        find(.gatewayOutdated, nil, "the gateway \(pid) is \(version), this is \(Product.version)")
      }
      if let why = report["configurationError"]?["why"]?.stringValue {
        find(.configurationKept, nil, "the gateway \(pid): \(why)")
      }
      for service in report["services"]?.arrayValue ?? [] { examine(service, at: pid) }
    }
  }

  /// What a gateway says of a service.
  private mutating func examine(_ service: JSONValue, at pid: Int32) {
    let name = service["name"]?.stringValue ?? ""
    let why = service["why"]?.stringValue ?? ""
    switch service["state"]?.stringValue {
    case "flapping": find(.crashLoop, name, "at the gateway \(pid): \(why)")
    case "failed", "pausing": find(.serviceFailed, name, "at the gateway \(pid): \(why)")
    default: break
    }
  }

  private mutating func examineState() {
    if staleSockets > 0 { find(.staleSocket, nil, "\(staleSockets) in \(paths.state)") }
    switch state.error {
    case .locked: find(.stateLocked, nil, "\(paths.state)/state.lock")
    case let error?: find(.stateUnusable, nil, "\(error)")
    case nil: if let trouble = state.trouble { find(.stateUnusable, nil, trouble) }
    }
    for name in state.switchedOff {
      guard configuration.services.contains(where: { $0.name == name }) else { continue }
      find(.serviceSwitchedOff, name, "switched off in \(paths.state)")
    }
    for child in state.children where !child.owner.isAlive && child.process.isAlive {
      find(.leakedProcess, child.service, "process \(child.process.pid)")
    }
  }
}
