import Loop
import Resilience

/// The requests that wait for one service, by priority: high, medium and low share what is sent as
/// 4 : 2 : 1 while all of them wait, so that none starves; within a priority the first comes first.
@EventLoop
struct WaitingLine {
  private var lanes = LaneQueues()
  private var requests: [RateLane.Ticket: any ServiceRequest] = [:]
  private var lastNumber: UInt64 = 0

  var isEmpty: Bool { requests.isEmpty }
  var count: Int { requests.count }

  /// In the order in which they came.
  var all: [any ServiceRequest] { requests.sorted { $0.key < $1.key }.map(\.value) }

  mutating func append(_ request: any ServiceRequest) {
    lastNumber += 1
    let ticket = RateLane.Ticket(lastNumber)
    requests[ticket] = request
    lanes.append(
      ticket, RateLane.Demand(request.priority, limits: [], deadline: .distantFuture))
  }

  /// Takes the one whose turn it is.
  mutating func removeFirst() -> (any ServiceRequest)? {
    while let place = lanes.placesInTurn().first, let (ticket, _) = lanes.takeFirst(at: place) {
      if let request = requests.removeValue(forKey: ticket) { return request }
    }
    return nil
  }

  /// Takes all that fulfil the condition, in the order in which they came.
  mutating func removeAll(
    where condition: (any ServiceRequest) -> Bool = { _ in true }
  ) -> [any ServiceRequest] {
    let taken = requests.filter { condition($0.value) }.sorted { $0.key < $1.key }
    for (ticket, _) in taken {
      requests.removeValue(forKey: ticket)
      lanes.remove(ticket)
    }
    return taken.map(\.value)
  }

  func contains(where condition: (any ServiceRequest) -> Bool) -> Bool {
    requests.contains { condition($0.value) }
  }
}
