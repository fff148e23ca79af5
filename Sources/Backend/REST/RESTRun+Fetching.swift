import HTTP
import Loop
import Manifest
import RawJSON
import Telemetry

/// What an operation got: one value, or the items of a list.
struct Fetched {
  enum Content {
    case value(JSONText)
    case items([JSONText])
  }

  var content: Content
  /// How the page after the last item is asked for; nil if there is none, or none is known.
  var next: String?
  /// Whether there are more items than these.
  var isCut = false

  static let nothing = Fetched(content: .value(.emptyObject))
}

extension RESTRun {
  /// Pages of one list that are followed at most.
  static let mostPages = 1_000

  /// Sends an operation, page by page where it has pages, and filters and projects what comes.
  ///
  /// - Parameters:
  ///   - most: items at most; nil is no limit.
  ///   - telling: whether items are told as they come and pages count as progress.
  func fetch(
    _ operation: REST.Operation, item: StepNode? = nil, most: Int?, telling: Bool
  ) async throws(RESTFailure) -> Fetched {
    var listing = nextListing ?? begun?.listing ?? listing(operation, most: most)
    nextListing = nil
    while true {
      let answer = try await send(operation, item: item, page: listing.request())
      if let fetched = try take(answer, of: operation, &listing, telling: telling) {
        return fetched
      }
    }
  }

  func listing(_ operation: REST.Operation, most: Int?) -> Listing {
    Listing(
      pages: Pages(
        operation, most: most, size: given(operation.paging?.limitParameter),
        start: given(operation.paging?.parameter)),
      most: most)
  }

  /// Takes an answer in; nil if there is another page to ask for.
  func take(
    _ answer: RESTAnswer, of operation: REST.Operation, _ listing: inout Listing, telling: Bool
  ) throws(RESTFailure) -> Fetched? {
    let whole = try json(of: answer)
    let value = try unwrapped(whole, operation)
    let list = operation.paging?.items.map { value.value(at: $0) ?? .null } ?? value
    guard list.isArray else {
      // No list: the answer is the result.
      if telling { advance("read the answer") }
      return Fetched(content: .value(Projection(tool.result.fields).applied(to: value)))
    }
    let raw = list.elements
    let projection = telling ? Projection(tool.result.fields) : Projection([])
    let kept = raw.filter { passes($0, operation.keep) }.map { projection.applied(to: $0) }
    let room = listing.most.map { max(0, $0 - listing.items.count) } ?? kept.count
    let isCut = kept.count > room
    listing.items += kept.prefix(room)
    if telling {
      tell(.items(Array(kept.prefix(room)), count: listing.items.count))
      advance("read page \(listing.pages.count)")
    }
    let hasMore = listing.pages.follow(answer, whole, raw)
    if isCut { isTruncated = true }
    guard
      isCut || !hasMore || listing.pages.count >= Self.mostPages
        || listing.most.map({ listing.items.count >= $0 }) == true
    else { return nil }
    if hasMore { isTruncated = true }
    return Fetched(
      content: .items(listing.items), next: isCut ? nil : listing.pages.next,
      isCut: isCut || hasMore)
  }

  /// The number that the call gives for a query parameter of paging.
  private func given(_ parameter: String?) -> Int? {
    guard let parameter else { return nil }
    let argument = tool.arguments.first { argument in
      guard let place = argument.place, place.position == .query else { return false }
      return place.name == [.name(parameter)]
    }
    return argument.flatMap { arguments[$0.name]?.intValue }
  }

  /// The body of an answer as JSON; an empty one is an empty object.
  func json(of answer: RESTAnswer) throws(RESTFailure) -> JSONText {
    if answer.body.allSatisfy({ $0 <= 0x20 }) { return .emptyObject }
    do throws(JSONError) {
      return try JSONText(parsing: answer.body)
    } catch {
      let type = answer.head.value(of: "content-type") ?? "no content type"
      let shown = Printable.text(backend.redactor.redacted(type).utf8, limit: 60)
      let isPage = answer.body.first { $0 > 0x20 } == UInt8(ascii: "<")
      let text = isPage ? ErrorAnswer.htmlText(answer.body) : answer.body
      throw RESTFailure(
        .internal,
        "\(backend.service) answered \(answer.status) with \(shown) instead of JSON: "
          + "\(Printable.text(Array(text.prefix(121)), limit: 120))", status: answer.status)
    }
  }

  func unwrapped(
    _ whole: JSONText, _ operation: REST.Operation
  ) throws(RESTFailure) -> JSONText {
    guard let envelope = operation.answerEnvelope else { return whole }
    if let value = whole[envelope] { return value }
    guard whole.byteCount > 2 else { return whole }
    throw RESTFailure(
      .internal, "The answer of \(backend.service) has no member '\(envelope)'.")
  }

  func passes(_ item: JSONText, _ filters: [REST.Filter]) -> Bool {
    filters.allSatisfy { filter in
      if let condition = filter.condition, !arguments.satisfies(condition) { return true }
      let found = item.value(at: filter.field)
      switch filter.test {
      case .equals(let value): return (found?.value ?? .null) == value
      case .differs(let value): return (found?.value ?? .null) != value
      case .above(let bound): return found?.value.doubleValue.map { $0 > bound } ?? false
      }
    }
  }
}

/// What has come of a list so far.
struct Listing {
  var pages: Pages
  let most: Int?
  var items: [JSONText] = []

  /// What the next request says about its page.
  mutating func request() -> RequestBuilder.Page { pages.request(having: items.count) }
}

/// Where we are in a list of pages.
struct Pages {
  private let paging: REST.Paging?
  /// Whether fewer items may be asked for than a page holds: not where some are filtered out, and
  /// not where pages are counted, since the number means another place then.
  private let shrinks: Bool
  /// Items of a page, as the call or the manifest says.
  private let size: Int
  /// The number that the call begins with; nil is the API's first page.
  private let start: Int?
  /// Items that the last request asked for.
  private var asking = 0
  private let most: Int?
  private(set) var count = 0
  /// What asks for the next page, as the API gave it.
  private(set) var next: String?
  private var asked = RequestBuilder.Page()
  private var received = 0

  init(_ operation: REST.Operation, most: Int?, size: Int? = nil, start: Int? = nil) {
    paging = operation.paging
    self.size = size ?? operation.paging?.size ?? 0
    self.start = start
    shrinks = size == nil && operation.keep.isEmpty && operation.paging?.style != .page
    self.most = most
  }

  /// What the next request says about its page.
  mutating func request(having items: Int) -> RequestBuilder.Page {
    guard let paging else { return RequestBuilder.Page() }
    var request = asked
    asking = size
    if let name = paging.limitParameter {
      if shrinks, let most { asking = min(size, max(1, most - items)) }
      request.defaults.append((name, String(asking)))
    }
    return request
  }

  /// Reads from an answer whether there is another page, and how to ask for it.
  mutating func follow(_ answer: RESTAnswer, _ whole: JSONText, _ items: [JSONText]) -> Bool {
    count += 1
    received += items.count
    asked = RequestBuilder.Page()
    next = nil
    guard let paging else { return false }
    switch paging.style {
    case .token: return go(paging, to: paging.next.flatMap { whole.value(at: $0) })
    case .last:
      return go(paging, to: paging.next.flatMap { path in items.last?.value(at: path) })
    case .offset:
      let number = (start ?? 0) + received
      return items.count >= asking && go(paging, to: JSONText(.number(JSONNumber(number))))
    case .page:
      let number = (start ?? paging.first) + count
      return items.count >= asking && go(paging, to: JSONText(.number(JSONNumber(number))))
    case .link:
      guard let query = LinkHeader.nextQuery(in: answer.head) else { return false }
      asked.query = query
      return true
    }
  }

  private mutating func go(_ paging: REST.Paging, to value: JSONText?) -> Bool {
    guard let value, let text = value.scalarText, !text.isEmpty, let name = paging.parameter,
      asked.overrides.isEmpty
    else { return false }
    asked.overrides = [(name, text)]
    next = text
    return true
  }
}
