import Loop
import MCP
import Resilience

/// Telling clients that lists have changed: legacy ones by a plain notification,
/// modern ones within the listens that they opened and nowhere else.
extension Gateway {
  /// - Parameters:
  ///   - changes: lists that are different now. A legacy client hears of those it was given.
  ///   - told: lists of which a service itself said that they changed; those are passed on.
  func announce(_ changes: Set<Announcement>, told: Set<Announcement> = []) {
    guard ending == nil else { return }
    listed.formUnion(told)
    announcements.add(changes.union(told))
    sendAnnouncements()
  }

  private func sendAnnouncements() {
    for announcement in announcements.take(at: EventLoop.now) {
      if session.isInitialized, listed.contains(announcement) {
        session.notify(Notice.line(announcement.method, []))
      }
      for listener in listeners.values { listener.announce(announcement) }
    }
    guard let due = announcements.due else { return }
    let timer = announceTimer ?? LoopTimer { [unowned self] in sendAnnouncements() }
    announceTimer = timer
    if !timer.isActive { timer.start(at: due) }
  }

  /// The lists for which requests of clients wait.
  var awaitedLists: Set<Announcement> {
    Set(
      parked.compactMap {
        switch $0.method {
        case .toolsList: .tools
        case .promptsList: .prompts
        case .resourcesList, .resourcesTemplatesList: .resources
        default: nil
        }
      })
  }

  // MARK: From services

  /// A service says that one of its lists has changed.
  func listChanged(_ announcement: Announcement, of service: Service) {
    guard ending == nil else { return }
    service.feed.refresh.noticed(announcement, at: EventLoop.turnTime)
    scheduleRefresh(of: service)
  }

  /// A service does not know a tool that it has listed (row B31): its list may be another now.
  ///
  /// The same error answers wrong arguments, so the service is asked only now and then.
  func toolMayBeGone(at service: Service) {
    let now = EventLoop.turnTime
    if let last = service.feed.lastDoubt, now - last < Self.doubtPause { return }
    service.feed.lastDoubt = now
    ask(service)
  }

  static let doubtPause = Duration.seconds(10)

  /// Asks the service again when that is due.
  func scheduleRefresh(of service: Service) {
    let feed = service.feed
    guard let due = feed.refresh.due, feed.refreshTimer?.isActive != true else { return }
    let timer = feed.refreshTimer ?? LoopTimer { [unowned self] in refreshIsDue(service) }
    feed.refreshTimer = timer
    timer.start(at: due)
  }

  private func refreshIsDue(_ service: Service) {
    guard let due = service.feed.refresh.due else { return }
    if due <= EventLoop.now { ask(service) } else { scheduleRefresh(of: service) }
  }

  /// Whether a request is about a list that a service has just declared out of date.
  func isStale(for method: Method) -> Bool {
    guard let list = Announcement(about: method) else { return false }
    return services.contains { $0.feed.refresh.isStale(list) }
  }
}

extension Announcement {
  /// The list in which a request of the client looks.
  init?(about method: Method) {
    switch method {
    case .toolsList, .toolsCall: self = .tools
    case .promptsList, .promptsGet: self = .prompts
    case .resourcesList, .resourcesTemplatesList, .resourcesRead: self = .resources
    default: return nil
    }
  }
}
