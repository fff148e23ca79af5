import YAML

/// The keys of paging that a place of the file sets; the others come from above it.
struct PagingDraft: Sendable {
  var style: Placed<REST.Paging.Style>?
  var limit: String?
  var parameter: String?
  var next: Placed<String>?
  var items: Placed<String>?
  var size: Int?
  var first: Int?

  static let fields: [Field<PagingDraft>] = [
    .placed("style", \.style, "How the next page is asked for."),
    .text("limit", \.limit, .empty, "The query parameter of the page size; '' if there is none."),
    .text("parameter", \.parameter, .empty, "The query parameter that chooses the page."),
    .name(
      "next", \.next, .foreignName,
      "Where the token stands in the whole answer, or what is sent of the last item."),
    .name("items", \.items, .foreignName, "Where the list stands in the answer."),
    .whole("size", \.size, in: 1...10_000, "Items asked for in one page; 100 if left out."),
    .whole("first", \.first, in: 0...1, "The number of the first page; 1 if left out."),
  ]

  /// This with the keys of `other` where it has none.
  func over(_ other: PagingDraft?) -> PagingDraft {
    guard let other else { return self }
    return PagingDraft(
      style: style ?? other.style, limit: limit ?? other.limit,
      parameter: parameter ?? other.parameter, next: next ?? other.next,
      items: items ?? other.items, size: size ?? other.size, first: first ?? other.first)
  }
}

extension Field {
  static func whole(
    _ key: String, _ path: @autoclosure @escaping Path<Int?>, in range: ClosedRange<Int>,
    _ about: String
  ) -> Field {
    value(
      key, path(), about, .integer(range), show: { _ in nil },
      parse: { node, reader in reader.whole(node, in: range) })
  }
}

extension Reader {
  /// How pages are asked for; reports what the style needs and lacks.
  mutating func paging(_ draft: PagingDraft, _ position: Position) -> REST.Paging? {
    var paging = REST.Paging()
    paging.style = draft.style?.value ?? .token
    paging.limitParameter = draft.limit.flatMap { $0.isEmpty ? nil : $0 }
    paging.parameter = draft.parameter.flatMap { $0.isEmpty ? nil : $0 }
    paging.next = draft.next.flatMap { valuePath($0) }
    paging.items = draft.items.flatMap { valuePath($0) }
    paging.size = draft.size ?? 100
    paging.first = draft.first ?? 1
    let style = paging.style
    if style != .link, paging.parameter == nil {
      report(
        "paging of style \(style.rawValue) needs 'parameter', the query parameter that chooses "
          + "the page", at: position)
    }
    if style == .token || style == .last, draft.next == nil {
      report("paging of style \(style.rawValue) needs 'next'", at: position)
    }
    if let next = draft.next, style != .token, style != .last {
      report(
        "'next' is for the styles token and last, not for \(style.rawValue)", at: next.position)
    }
    if style == .offset || style == .page, paging.limitParameter == nil, draft.size == nil {
      report(
        "paging of style \(style.rawValue) needs 'limit' or 'size', since a short page is the last",
        at: position)
    }
    if style == .link, let name = paging.parameter {
      report(
        "'parameter' is not used by paging of style link, but is \(quoted(name))", at: position)
    }
    return paging
  }
}
