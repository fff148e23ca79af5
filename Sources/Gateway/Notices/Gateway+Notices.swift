import Backend
import Loop
import MCP
import RawJSON
import Telemetry

/// Notifications of services on their way to clients.
extension Gateway {
  func noticed(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service,
    on backend: ServiceBackend
  ) {
    switch envelope.method {
    case .resourcesUpdated:
      forgetReads(of: service, touchedBy: JSON.string(envelope.uri, in: line.bytes))
    case .resourcesListChanged: forgetReads(of: service, touchedBy: nil)
    default: break
    }
    if envelope.method.isForClients, isHidden(service) { return }
    switch envelope.method {
    case .toolsListChanged, .promptsListChanged, .resourcesListChanged:
      if let announcement = Announcement(envelope.method) {
        listChanged(announcement, of: service)
      }
    case .cancelled: session.reverse.cancelled(line, envelope, by: backend)
    case .elicitationFinished: tellElicitationFinished(line)
    case .resourcesUpdated: resourceUpdated(line, envelope, of: service, on: backend)
    case .message: logged(line, envelope, of: service, on: backend)
    case .subscriptionsAcknowledged: service.feed.acknowledged(line, envelope)
    case .tasksStatus: taskChanged(line, envelope, of: service)
    case .tasksChanged: extensionTaskChanged(line, envelope, of: service)
    case .progress: taskProgressed(line, envelope, of: service)
    case .unknown: relayCustom(line, envelope, of: service, on: backend)
    default: break
    }
  }

  func service(_ service: Service, opened backend: ServiceBackend) {
    service.feed.opened(backend)
    service.feed.tellLevel(wantedLevel(of: service), on: backend)
  }

  // MARK: Resources

  private func resourceUpdated(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, of service: Service,
    on backend: ServiceBackend
  ) {
    let bytes = line.bytes
    guard let uri = JSON.string(envelope.uri, in: bytes) else { return }
    if backend.revision.era == .modern, !service.feed.isOfCurrentListen(line, envelope) {
      return log(.trace, "subscription.foreign", ["service": service.name])
    }
    let recipients = subscriptions.recipients(of: uri, from: service.index)
    for recipient in recipients {
      let asked = recipient.askedURI ?? service.publicURI(uri)
      deliver(asked, to: recipient.subscriber) { subscription in
        Notice.members(
          of: envelope, in: bytes, dropping: "uri", subscription: subscription,
          adding: Notice.uriMember(asked))
      }
    }
    // Many legacy services tell without having been asked; a legacy client heard it directly.
    if recipients.isEmpty, backend.revision.era == .legacy, session.isInitialized {
      deliver(service.publicURI(uri), to: .session) { _ in
        Notice.members(
          of: envelope, in: bytes, dropping: "uri",
          adding: Notice.uriMember(service.publicURI(uri)))
      }
    }
  }

  func resourceMayHaveChanged(_ uri: [UInt8], of service: Service) {
    forgetReads(of: service, touchedBy: uri)
    for recipient in subscriptions.recipients(of: uri, from: service.index) {
      guard let asked = recipient.askedURI else { continue }
      deliver(asked, to: recipient.subscriber) { subscription in
        var members = Notice.uriMember(asked)
        if let subscription {
          members.append(UInt8(ascii: ","))
          members += Notice.subscriptionMeta(subscription)
        }
        return members
      }
    }
  }

  private func deliver(
    _ uri: [UInt8], to subscriber: ResourceSubscriptions.Subscriber,
    _ members: (RequestID?) -> [UInt8]
  ) {
    switch subscriber {
    case .session: session.notify(Notice.line(.resourcesUpdated, members(nil)))
    case .listen(let id):
      listeners[id]?.notify(Notice.line(.resourcesUpdated, members(id)))
    }
  }
}
