import Loop

/// The services of a gateway by their numbers, with which the catalogue names them.
///
/// A number is a place in an array, so that a call finds its service without a search. A service
/// that is not served any more keeps its number until nothing of it is left; then another may get
/// it. What refers to a number (the catalogue, subscriptions) must have let go of it before.
@EventLoop
struct ServiceSlots {
  private var services: [Service] = []
  private var rest: [RESTService] = []
  /// Numbers whose service is gone.
  private var free: [Int] = []
  private var freeREST: [Int] = []
  /// Not served any more, and not empty yet.
  private var leaving: [Service] = []
  private var leavingREST: [RESTService] = []
  /// Gone; kept a while for callbacks of the turn in which that was noticed.
  private var buried: [Service] = []

  private static let graves = 64

  nonisolated init() {}

  /// On the way of every call.
  subscript(index: Int) -> Service { services[index] }

  func process(_ index: Int) -> Service? {
    index >= 0 && index < services.count ? services[index] : nil
  }

  subscript(rest index: Int) -> RESTService? {
    let place = index - RESTService.firstIndex
    return rest.indices.contains(place) ? rest[place] : nil
  }

  /// Every service with a process, those that leave included.
  var all: [Service] { services }
  var allREST: [RESTService] { rest }

  /// Makes a service with a number of its own.
  mutating func add(_ make: (Int) -> Service) -> Service {
    bury()
    guard let index = free.popLast() else {
      let service = make(services.count)
      services.append(service)
      return service
    }
    let service = make(index)
    services[index] = service
    return service
  }

  mutating func addREST(_ make: (Int) -> RESTService) -> RESTService {
    bury()
    guard let place = freeREST.popLast() else {
      let service = make(RESTService.firstIndex + rest.count)
      rest.append(service)
      return service
    }
    let service = make(RESTService.firstIndex + place)
    rest[place] = service
    return service
  }

  /// The service leaves for good; its number is given up when it is empty.
  mutating func remove(_ service: Service) {
    leaving.append(service)
    bury()
  }

  /// Calls that are with it are counted by its number.
  mutating func remove(_ service: RESTService) {
    service.leave()
    leavingREST.append(service)
    bury()
  }

  /// Gives up the numbers of services that have become empty.
  mutating func bury() {
    for service in leavingREST where service.inFlight == 0 {
      freeREST.append(service.index - RESTService.firstIndex)
    }
    leavingREST.removeAll { $0.inFlight == 0 }
    guard !leaving.isEmpty else { return }
    for service in leaving where service.isEmpty {
      free.append(service.index)
      buried.append(service)
    }
    leaving.removeAll { $0.isEmpty }
    if buried.count > Self.graves { buried.removeFirst(buried.count - Self.graves) }
  }
}
