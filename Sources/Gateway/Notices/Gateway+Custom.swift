import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// Methods and notifications that the protocol does not define: they go to the service
/// whose manifest claims them (`methods`), or to the only service.
extension Gateway {
  func callCustom(_ request: Incoming) throws(CallError) {
    let method = JSON.string(request.envelope.methodText, in: request.line.bytes) ?? []
    guard let service = owner(ofMethod: method), shows(service.index, to: request) else {
      throw .methodNotFound(shownMethod(of: request))
    }
    try start(request, on: service)
  }

  /// The first service in the catalogue's order whose manifest claims a method.
  private func owner(ofMethod method: [UInt8]) -> Service? {
    services.first { $0.manifest.claims(method) } ?? (services.count == 1 ? services.first : nil)
  }

  /// A notification of the client.
  func noticed(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of session: ClientSession
  ) {
    if envelope.method == .rootsListChanged { return tellRootsChanged() }
    guard envelope.method == .unknown, ending == nil,
      let method = JSON.string(envelope.methodText, in: line.bytes),
      let service = owner(ofMethod: method), !isHidden(service)
    else { return }
    let delivery = NoticeDelivery(Array(line))
    if let backend = service.openBackend {
      delivery.send(on: backend)
    } else {
      service.submit(delivery)
    }
  }

  /// A notification of a service. Legacy clients hear it at any time, modern ones while a
  /// request of theirs is with the service: they get nothing that they did not ask for.
  func relayCustom(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service,
    on backend: ServiceBackend
  ) {
    let method = JSON.string(envelope.methodText, in: line.bytes) ?? []
    guard services.count == 1 || service.manifest.claims(method) else { return }
    guard session.isInitialized || session.hasUsedModern && backend.inFlight > 0 else { return }
    guard !session.isClogged else {
      return log(.debug, "backend.notification_dropped", ["service": service.name])
    }
    relay(line, envelope)
  }
}

/// A notification that waits for its service, and is lost if that cannot be reached.
@EventLoop
final class NoticeDelivery: ServiceRequest {
  private let line: [UInt8]

  init(_ line: [UInt8]) { self.line = line }

  func send(on backend: ServiceBackend) { backend.write(line) }
  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}
  func failed(_ failure: BackendFailure) {}
}
