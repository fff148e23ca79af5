import RawJSON

/// What answers have in common: the member that the data is in, and the way to the next page.
enum Envelope {
  /// Members that are an envelope when nothing but paging stands beside them.
  static let names = ["data", "result", "results", "response", "payload"]
  private static let beside = [
    "next_page", "meta", "paging", "pagination", "links", "next", "next_cursor", "nextPageToken",
    "next_page_token", "has_more", "sync", "total", "count", "errors", "ok", "status", "success",
  ]

  static func name(in schema: JSONValue, _ document: Document) -> String? {
    guard let members = schema["properties"]?.objectValue else { return nil }
    guard let envelope = members.first(where: { names.contains($0.key) }) else { return nil }
    let others = members.filter { $0.key != envelope.key }
    guard others.allSatisfy({ beside.contains($0.key) }) else { return nil }
    let type = document.schema(envelope.value)
    let isData = type?["properties"] != nil || type?["type"]?.stringValue != nil
    return isData || type == nil ? envelope.key : nil
  }

  private static let limits = [
    "limit", "per_page", "page_size", "pageSize", "perPage", "max_results", "maxResults", "size",
  ]
  private static let tokens = [
    "offset", "cursor", "page_token", "pageToken", "next_token", "continuation", "after",
    "starting_after",
  ]
  /// Where answers have the token of the next page.
  private static let places = [
    "next_page.offset", "next_page.cursor", "next_cursor", "nextPageToken", "next_page_token",
    "nextCursor", "meta.next_cursor", "response_metadata.next_cursor", "pagination.next_cursor",
    "paging.next.after", "next_token", "cursor.next",
  ]

  /// - Parameter schema: of the whole answer.
  static func paging(
    of tool: ImportedTool, _ schema: JSONValue, _ document: Document, hasLink: Bool
  ) -> ImportedPaging? {
    let parameters = tool.arguments.filter { $0.position == "query" }
    func first(_ names: [String], kind: String? = nil) -> String? {
      names.first { name in
        parameters.contains { $0.apiName == name && (kind == nil || $0.type.kind == kind) }
      }
    }
    let limit = first(limits)
    var paging = ImportedPaging(style: "token", limit: limit)
    var answer: JSONValue? = schema
    if let envelope = tool.answerEnvelope {
      answer = (schema["properties"]?[envelope]).flatMap { document.schema($0) }
    }
    guard let answer, let items = list(in: answer, document) else { return nil }
    paging.items = items.isEmpty ? nil : items
    if let token = first(tokens, kind: "string"),
      let next = places.first(where: { has($0, schema, document) })
    {
      (paging.parameter, paging.next) = (token, next)
    } else if limit != nil, let offset = first(["offset", "skip", "start"], kind: "integer") {
      (paging.style, paging.parameter) = ("offset", offset)
    } else if limit != nil, let page = first(["page", "page_number", "pageNumber"]) {
      (paging.style, paging.parameter) = ("page", page)
    } else if hasLink {
      paging.style = "link"
    } else {
      return nil
    }
    return paging
  }

  /// Where the only list of an answer stands; empty if the answer is one, nil without any.
  private static func list(in answer: JSONValue, _ document: Document) -> String? {
    if answer["type"]?.stringValue == "array" { return "" }
    let lists = (answer["properties"]?.objectValue ?? JSONObject()).filter {
      document.schema($0.value)?["type"]?.stringValue == "array" && !$0.key.contains(".")
    }
    return lists.count == 1 ? lists[0].key : nil
  }

  private static func has(_ path: String, _ schema: JSONValue, _ document: Document) -> Bool {
    var schema: JSONValue? = schema
    for name in path.split(separator: ".") {
      schema = schema?["properties"]?[String(name)].flatMap { document.schema($0) }
    }
    return schema != nil
  }
}
