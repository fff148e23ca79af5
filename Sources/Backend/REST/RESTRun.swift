import HTTP
package import Loop
import Manifest
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
  let shared: SharedTool
  var tool: REST.Tool { _read { yield shared.value } }
  let backend: RESTBackend
  let observer: any RESTRunObserver
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
  /// What `begin` has sent and what came of it, for the task that goes on.
  var begun: Begun?
  /// Where a list goes on whose first page `begin` has read.
  var nextListing: Listing?
  /// The request that `begin` has sent.
  var requestAtOnce: RequestAtOnce?

  struct Meter {
    var done = 0
    var known = 0
    /// What is going on, for notices in between.
    var message = ""
  }

  package init(_ tool: SharedTool, on backend: RESTBackend, observer: any RESTRunObserver) {
    shared = tool
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
    do throws(RESTFailure) {
      arguments = try RESTArguments(json, for: tool, of: backend.api)
    } catch {
      return .failure(error)
    }
    return await outcome()
  }

  /// Runs the tool, whose arguments are known, or goes on with what `begin` has begun.
  package func outcome() async -> Result<RESTResult, RESTFailure> {
    defer {
      for ticket in callTickets { backend.leaveCall(ticket) }
      callTickets = []
    }
    do throws(RESTFailure) {
      switch tool.execution {
      case .operations(let operations):
        let fetched = try await fetch(try chosen(operations), most: most, telling: true)
        return .success(try result(fetched))
      case .steps(let steps): return .success(try await perform(steps))
      }
    } catch {
      return .failure(error)
    }
  }

  /// The operation that the arguments choose.
  func chosen(_ operations: [REST.Operation]) throws(RESTFailure) -> REST.Operation {
    let chosen = operations.first { operation in
      operation.condition.map { arguments.satisfies($0) } ?? true
    }
    guard let chosen else {
      throw RESTFailure(
        .validation, "The arguments choose none of the ways in which '\(tool.name)' can be done.",
        wasSent: false)
    }
    return chosen
  }

  func result(_ fetched: Fetched) throws(RESTFailure) -> RESTResult {
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
    let begun = begun
    self.begun = nil
    let sending: Sending
    if let begun {
      sending = begun.sending
    } else {
      sending = self.sending(try build(operation, item: item, page: page), operation)
    }
    // One place a call, however many of its requests want one.
    if callTickets.isEmpty, let ticket = try await backend.enterCall(operation.lanes, for: self) {
      callTickets.append(ticket)
    }
    return try await backend.send(sending, for: self, begun: begun?.attempt)
  }

  func sending(_ request: HTTPRequest, _ operation: REST.Operation) -> Sending {
    Sending(
      request: request, lanes: operation.lanes,
      isRepeatable: operation.method.isSafe || tool.annotations.isIdempotent)
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
    observer.meetsLimit()
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
