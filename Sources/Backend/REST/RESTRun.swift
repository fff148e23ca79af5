package import Loop
package import Manifest
import RawJSON
package import Resilience

/// One call of a tool: arguments in, requests in the order of the plan, a result or a failure out.
///
/// ```
///   arguments ─▶ checked ─▶ operation, page by page ─▶ filtered, projected ─▶ result
///                      └──▶ steps: call, each, until, batch ─▶ collect ─────▶ result
/// ```
///
/// It runs as one task on the loop. Cancelling that task ends every request under way and starts
/// none; the run then answers nobody. Requests of one run go out beside each other only within
/// an `each` or a `batch`, at most as many as the manifest says.
@EventLoop
package final class RESTRun {
  let tool: REST.Tool
  let backend: RESTBackend
  private let observer: any RESTRunObserver
  /// Whether the API can have seen a request of this call.
  package internal(set) var hasSent = false
  var arguments = RESTArguments()
  var steps = StepValues()
  /// Requests, actions or bytes done and known of.
  var meter = Meter()
  /// Whether `max_items` cut something off.
  package internal(set) var isTruncated = false
  /// Items that all `each` together have got.
  var itemCount = 0
  private var callTickets: [RateLane.Ticket] = []

  struct Meter {
    var done = 0
    var known = 0
    /// What is going on, for notices in between.
    var message = ""
  }

  package init(_ tool: REST.Tool, on backend: RESTBackend, observer: any RESTRunObserver) {
    self.tool = tool
    self.backend = backend
    self.observer = observer
  }

  package var deadline: Instant { observer.deadline }

  var priority: RateLane.Priority {
    switch tool.priority {
    case .high: .high
    case .medium: .medium
    case .low: .low
    }
  }

  /// Runs the tool. Called once.
  ///
  /// - Parameter json: the JSON of the call's arguments; empty if it has none.
  package func outcome(_ json: consuming [UInt8]) async -> Result<RESTResult, RESTFailure> {
    defer {
      for ticket in callTickets { backend.leaveCall(ticket) }
      callTickets = []
    }
    do throws(RESTFailure) {
      arguments = try RESTArguments(json, for: tool, of: backend.api)
      switch tool.execution {
      case .operations(let operations): return .success(try await perform(operations))
      case .steps(let steps): return .success(try await perform(steps))
      }
    } catch {
      return .failure(error)
    }
  }

  private func perform(_ operations: [REST.Operation]) async throws(RESTFailure) -> RESTResult {
    let chosen = operations.first { operation in
      operation.condition.map { arguments.satisfies($0) } ?? true
    }
    guard let chosen else {
      throw RESTFailure(
        .validation, "The arguments choose none of the ways in which '\(tool.name)' can be done.",
        wasSent: false)
    }
    let fetched = try await fetch(chosen, most: most, telling: true)
    let result = RESTResult(fetched)
    try check(result)
    return result
  }

  /// The greatest number of items, if the tool has one.
  var most: Int? { tool.maxItems.map { arguments.count($0) } }

  /// A result that is too large to be of use is refused as a whole, since half a JSON is none.
  func check(_ result: RESTResult) throws(RESTFailure) {
    let limit = backend.api.connections.answerLimit
    let count = result.byteCount
    guard count > limit else { return }
    throw RESTFailure(
      .validation,
      "The result of '\(tool.name)' has \(count) bytes, more than the limit of \(limit) bytes "
        + "(rest.connections.answer_limit of service '\(backend.service)').",
      advice: "Ask for less: fewer fields, fewer items, or a narrower search.")
  }

  // MARK: Sending

  /// Builds and sends the request of an operation; an answer of any status below 300 comes back.
  func send(
    _ operation: REST.Operation, item: StepNode? = nil,
    page: RequestBuilder.Page = RequestBuilder.Page()
  ) async throws(RESTFailure) -> RESTAnswer {
    let request = try build(operation, item: item, page: page)
    // One place a call, however many of its requests want one.
    if callTickets.isEmpty, let ticket = try await backend.enterCall(operation.lanes, for: self) {
      callTickets.append(ticket)
    }
    return try await backend.send(
      Sending(
        request: request, lanes: operation.lanes,
        isRepeatable: operation.method.isSafe || tool.annotations.isIdempotent),
      for: self)
  }

  // MARK: Telling

  func tell(_ notice: RESTNotice) { observer.noticed(notice) }

  /// One more part is done.
  func advance(_ message: String? = nil) {
    // An upload is counted in bytes.
    guard !isUpload else { return }
    meter.done += 1
    meter.known = max(meter.known, meter.done)
    tell(.progress(done: meter.done, total: meter.known, message: message ?? meter.message))
  }

  /// The body of an upload is on its way.
  func uploaded(_ bytes: Int) {
    guard meter.known > 0, isUpload else { return }
    meter.done = max(meter.done, bytes)
    tell(
      .progress(
        done: min(meter.done, meter.known), total: meter.known,
        message: "uploaded \(bytes) of \(meter.known) bytes"))
  }

  var isUpload = false

  func waits(until: Instant?, _ reason: RateLane.Reason) {
    let seconds = until.map { ((($0 - EventLoop.now).inMilliseconds) + 999) / 1000 } ?? 0
    switch reason {
    case .paused:
      tell(.wait("waiting \(seconds) s because the service asked for a pause"))
    case .rate(let name): tell(.wait("waiting \(seconds) s for the rate limit '\(name)'"))
    case .inFlight(let name): tell(.wait("queued for a place in '\(name)'"))
    }
  }

  func retries(_ failures: Int, _ failure: RESTFailure) {
    let what = failure.status.map { "status \($0)" } ?? failure.category.rawValue
    tell(.wait("retrying after \(what) (attempt \(failures + 1))"))
  }
}
