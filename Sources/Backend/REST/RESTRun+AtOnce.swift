import Loop
import Manifest

/// Calls of one request, which is what most are: no task is made for them.
///
/// A task with its waits costs about as much as the request itself. What turns out to be more (a
/// place in a lane that is not free, an answer that may be asked for again, a further page) goes
/// on in a task, with what was done so far.
extension RESTRun {
  package enum Beginning {
    /// The call has ended, before anything was sent.
    case ended(Result<RESTResult, RESTFailure>)
    /// A request is on its way; the end is told.
    case sent
    /// Nothing was sent: `outcome()` has it all to do.
    case needsTask
  }

  /// What was done before the task.
  struct Begun {
    var sending: Sending
    /// The first attempt; nil if it was not made.
    var attempt: Attempt?
    var listing: Listing
  }

  /// Begins to run the tool. Called once.
  ///
  /// - Parameters:
  ///   - json: the JSON of the call's arguments; empty if it has none.
  ///   - onEnd: called once after `sent`, not within this call and not after `cancel`. Without an
  ///     outcome, `outcome()` has to be awaited for it.
  package func begin(
    _ json: consuming [UInt8],
    onEnd: @escaping @EventLoop (Result<RESTResult, RESTFailure>?) -> Void
  ) -> Beginning {
    do throws(RESTFailure) {
      arguments = try RESTArguments(json, for: tool, of: backend.api)
      guard case .operations(let operations) = tool.execution, arguments.file == nil else {
        return .needsTask
      }
      let operation = try chosen(operations)
      var listing = listing(operation, most: most)
      let request = try build(operation, item: nil, page: listing.request())
      let sending = sending(request, operation)
      requestAtOnce = backend.sendAtOnce(sending, for: self) { [self] attempt in
        requestAtOnce = nil
        onEnd(ended(attempt, Begun(sending: sending, listing: listing), operation))
      }
      guard requestAtOnce != nil else {
        begun = Begun(sending: sending, listing: listing)
        return .needsTask
      }
      return .sent
    } catch {
      return .ended(.failure(error))
    }
  }

  /// Ends what `begin` has begun. A task is cancelled by itself.
  package func cancel() {
    requestAtOnce?.cancel()
    requestAtOnce = nil
    if let attempt = begun?.attempt { backend.drop(attempt.ticket) }
    begun = nil
  }

  /// The outcome of the call, or nil if a task has to go on.
  private func ended(
    _ attempt: Attempt, _ begun: Begun, _ operation: REST.Operation
  ) -> Result<RESTResult, RESTFailure>? {
    var begun = begun
    guard case .answer(var answer) = attempt.outcome, answer.isSuccess else {
      begun.attempt = attempt
      self.begun = begun
      return nil
    }
    backend.take(&answer, attempt.ticket)
    backend.underWay -= 1
    do throws(RESTFailure) {
      if let fetched = try take(answer, of: operation, &begun.listing, telling: true) {
        return .success(try result(fetched))
      }
      nextListing = begun.listing
      return nil
    } catch {
      return .failure(error)
    }
  }
}
