import Loop
import Resilience

/// The requests that wait for one service, by priority: high, medium and low share what is sent as
/// 4 : 2 : 1 while all of them wait, so that none starves; within a priority the first comes first.
@EventLoop
struct WaitingLine {
  private var lanes = LaneQueues()
  private struct Place {
    let request: any ServiceRequest
    let bytes: Int
    let load: CallLoad
  }

  private var places: [RateLane.Ticket: Place] = [:]
  private var lastNumber: UInt64 = 0

  var isEmpty: Bool { places.isEmpty }
  var count: Int { places.count }

  /// In the order in which they came.
  var all: [any ServiceRequest] { places.sorted { $0.key < $1.key }.map(\.value.request) }

  mutating func append(_ request: any ServiceRequest, in load: CallLoad) {
    lastNumber += 1
    let ticket = RateLane.Ticket(lastNumber)
    let place = Place(request: request, bytes: request.keptBytes, load: load)
    places[ticket] = place
    load.waits(bytes: place.bytes)
    lanes.append(
      ticket, RateLane.Demand(request.priority, limits: [], deadline: .distantFuture))
  }

  /// Takes the one whose turn it is.
  mutating func removeFirst() -> (any ServiceRequest)? {
    while let place = lanes.placesInTurn().first, let (ticket, _) = lanes.takeFirst(at: place) {
      if let request = remove(ticket) { return request }
    }
    return nil
  }

  private mutating func remove(_ ticket: RateLane.Ticket) -> (any ServiceRequest)? {
    guard let place = places.removeValue(forKey: ticket) else { return nil }
    place.load.waitsNoMore(bytes: place.bytes)
    return place.request
  }

  /// Takes all that fulfil the condition, in the order in which they came.
  mutating func removeAll(
    where condition: (any ServiceRequest) -> Bool = { _ in true }
  ) -> [any ServiceRequest] {
    let taken = places.filter { condition($0.value.request) }.keys.sorted()
    return taken.compactMap { ticket in
      lanes.remove(ticket)
      return remove(ticket)
    }
  }

  func contains(where condition: (any ServiceRequest) -> Bool) -> Bool {
    places.contains { condition($0.value.request) }
  }
}
