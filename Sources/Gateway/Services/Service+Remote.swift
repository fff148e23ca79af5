import Backend
import HTTP
import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Store
import Telemetry

/// A service that is a remote MCP server: the same engine, but what is started is a connection.
///
/// A server that cannot be reached is asked again after `remotePause`, for as long as somebody
/// wants it: unlike a process that crashes, an attempt costs next to nothing, and the server may be
/// back at any moment. Who waits for an attempt hears of its failure at once.
extension Service {
  static let remotePause = Duration.milliseconds(500)
  /// Connections beside those of calls: listens, streams, notifications.
  private static let spareConnections = 16

  /// A slot is ours; it is given back when the connection is ready or has failed.
  func startRemote(_ remote: RemoteService) {
    let endpoint: RemoteEndpoint
    let login: RemoteLogin?
    do throws(HTTPOriginError) {
      endpoint = try RemoteEndpoint(remote, environment: host.environment)
    } catch {
      return startFailed(
        unavailable(.unavailable, "Service '\(name)' cannot start: its address \(error)."))
    }
    do throws(BackendFailure) {
      login =
        endpoint.hasCredential
        ? nil
        : try RemoteLogin(
          LoginFile(state: host.stateFolder, service: name), service: name,
          address: remote.url, environment: host.environment, log: host.log)
    } catch {
      return startFailed(error)
    }
    let backend = RemoteBackend(
      endpoint, login: login, service: name,
      handshake: RemoteHandshake(
        setting: remote.setting, knownEra: host.knownEra(of: self), preferred: startedFor),
      parameterHeaders: host.parameterHeaders(of: self), settings: host.settings(for: self),
      connections: manifest.limits.concurrent + Self.spareConnections, delegate: self,
      log: host.log)
    phase = .starting(backend)
    host.childStarted(backend, of: self)
    host.log(.info, "service.starting", ["service": name, "origin": endpoint.originText])
    for request in waiting.all { request.serviceStarted() }
    backend.begin()
  }

  /// What its tools want in headers, as it was last listed.
  var parameterHeaders: [[UInt8]: ParameterHeaders] {
    var found: [[UInt8]: ParameterHeaders] = [:]
    for tool in offer?.items[.tools] ?? [] {
      let whole = ByteRange(start: 0, end: tool.json.count)
      found[tool.name] = try? ParameterHeaders(tool: tool.json.span.bytes, at: whole)
    }
    return found
  }

  /// The server had forgotten us: what it was asked to tell, it is asked again.
  func backendIsRenewed(_ backend: ServiceBackend) {
    guard case .ready(let current) = phase, current === backend else { return }
    feed.closed(backend)
    host.service(self, opened: backend)
  }
}

extension RemoteService {
  fileprivate var setting: RemoteHandshake.Setting {
    switch protocolChoice {
    case .auto: .auto
    case .legacy: .legacy
    case .modern: .modern
    case .sse: .sse
    }
  }

  /// The identity under which its catalogue and era are kept; without the values of headers.
  var digest: String {
    CommandDigest.of(
      executable: address.originText + target, arguments: [protocolChoice.rawValue],
      environmentNames: headers.map(\.name), directory: "", stamp: nil)
  }
}
