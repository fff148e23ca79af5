import HTTP
import Manifest
import RawJSON

/// The request of an operation.
extension RESTRun {
  /// The values of an operation at their positions: those of the manifest first, then those of
  /// the arguments of a tool.
  func parts(
    of operation: REST.Operation, item: StepNode?, tool: REST.Tool?, _ arguments: RESTArguments
  ) -> RequestParts {
    var parts = RequestParts(operation)
    for placed in operation.values {
      if let condition = placed.condition, !arguments.satisfies(condition) { continue }
      let value: JSONValue? =
        switch placed.source {
        case .literal(let value): value
        case .reference(let reference): self.value(of: reference, item: item, arguments)?.json.value
        }
      guard let value else { continue }
      parts.put(value, at: placed.place) { arguments[$0] }
    }
    for argument in tool?.arguments ?? [] {
      guard let place = argument.place, let value = arguments[argument.name] else { continue }
      parts.put(value, at: place) { arguments[$0] }
    }
    return parts
  }

  func build(_ parts: RequestParts, page: PageRequest) throws(RESTFailure) -> HTTPRequest {
    var target = backend.api.address.path + (try path(of: parts, tool))
    let query = page.query.map { [$0] } ?? self.query(of: parts, page)
    var pairs = query
    if case .query(let name, let secret) = backend.api.authentication {
      pairs.append("\(RequestText.encoded(name))=\(RequestText.encoded(secret.exposed))")
    }
    if !pairs.isEmpty { target += "?" + pairs.joined(separator: "&") }
    var request = HTTPRequest(
      method: parts.operation.method.rawValue.uppercasedASCII, target: target,
      headers: try headers(of: parts))
    try setBody(of: parts, in: &request)
    return request
  }

  /// The path, each value encoded within its segment.
  func path(of parts: RequestParts, _ tool: REST.Tool) throws(RESTFailure) -> String {
    var path = ""
    for segment in parts.operation.path.segments {
      var text = ""
      for part in segment {
        switch part {
        case .literal(let literal): text += literal
        case .parameter(let name):
          let value = parts.path.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
          guard let value, !RequestText.plain(value).isEmpty else {
            throw missing(name, tool)
          }
          text += RequestText.encoded(RequestText.plain(value))
        }
      }
      // These two mean another path, however they are written.
      guard text != ".", text != ".." else {
        throw .invalid([Violation(at: "", "must not be '.' or '..' in a path")], tool: tool.name)
      }
      path += "/" + text
    }
    return path
  }

  private func missing(_ name: String, _ tool: REST.Tool) -> RESTFailure {
    let argument = tool.arguments.first { argument in
      guard let place = argument.place, place.position == .path else { return false }
      return place.name == [.name(name)]
    }
    let violation = Violation(
      at: "/\(argument?.name ?? name)", argument?.absence ?? "is missing in the path")
    return .invalid([violation], tool: tool.name)
  }

  private func query(of parts: RequestParts, _ page: PageRequest) -> [String] {
    var items = parts.query.filter { item in
      !page.overrides.contains { $0.name.utf8.elementsEqual(item.name.utf8) }
    }
    for (name, value) in page.defaults
    where !items.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      items.append(.init(name: name, value: .string(value), style: .comma))
    }
    for (name, value) in page.overrides {
      items.append(.init(name: name, value: .string(value), style: .comma))
    }
    return items.flatMap { RequestText.pairs($0.name, $0.value, $0.style) }
  }

  private func headers(of parts: RequestParts) throws(RESTFailure) -> [HTTPHeader] {
    let api = backend.api
    var headers = [HTTPHeader("Accept", "application/json")]
    headers += api.headers.map { HTTPHeader($0.name, $0.value.exposed) }
    switch api.authentication {
    case .none, .query: break
    case .bearer(let secret): headers.append(HTTPHeader("Authorization", "Bearer " + secret.exposed))
    case .basic(let user, let password):
      let both = Redactor.base64(Array("\(user.exposed):\(password.exposed)".utf8))
      headers.append(
        HTTPHeader("Authorization", "Basic " + String(decoding: both, as: UTF8.self)))
    case .header(let name, let secret): headers.append(HTTPHeader(name, secret.exposed))
    }
    for (name, value) in parts.headers {
      let text = RequestText.plain(value)
      guard RequestText.isHeaderValue(text) else {
        throw .invalid(
          [Violation(at: "", "the value for the header \(name) has control characters")],
          tool: tool.name)
      }
      headers.append(HTTPHeader(name, text))
    }
    return headers
  }

  private func setBody(of parts: RequestParts, in request: inout HTTPRequest) throws(RESTFailure) {
    let limit = backend.api.connections.bodyLimit
    if parts.file != nil || !parts.form.isEmpty { return try setForm(of: parts, in: &request) }
    guard let body = wrapped(parts.body, parts.operation) else { return }
    let bytes = body.serialized()
    guard bytes.count <= limit else { throw tooLarge(bytes.count, limit) }
    request.headers.append(HTTPHeader("Content-Type", "application/json"))
    request.body = .bytes(bytes)
  }

  /// The body in its envelope; an envelope stands for itself where a method wants a body.
  func wrapped(_ body: JSONValue?, _ operation: REST.Operation) -> JSONValue? {
    guard let envelope = operation.requestEnvelope else { return body }
    let wantsBody = operation.method != .get && operation.method != .delete
    guard body != nil || wantsBody else { return nil }
    return .object(JSONObject([.init(key: envelope, value: body ?? .object(JSONObject()))]))
  }

  private func setForm(of parts: RequestParts, in request: inout HTTPRequest) throws(RESTFailure) {
    let limit = backend.api.connections.bodyLimit
    // A tool that can send a file sends its other forms in the same type.
    guard tool.arguments.contains(where: { $0.place?.file != nil }) else {
      let text = parts.form.flatMap { RequestText.pairs($0.name, $0.value, $0.style) }
      let bytes = Array(text.joined(separator: "&").utf8)
      guard bytes.count <= limit else { throw tooLarge(bytes.count, limit) }
      request.headers.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded"))
      return request.body = .bytes(bytes)
    }
    var form: [MultipartBody.Part] = []
    for (name, value, style) in parts.form {
      var texts = [RequestText.plain(value)]
      if case .array(let elements) = value, style != .json {
        texts = elements.map { RequestText.plain($0) }
        if style == .comma { texts = [texts.joined(separator: ",")] }
      }
      form += texts.map { .init(name: name, content: .text(Array($0.utf8))) }
    }
    if let (name, part) = parts.file, let content = arguments.file?.base64 {
      let fileName = part.nameArgument.flatMap { arguments[$0]?.stringValue } ?? "file"
      let type = part.typeArgument.flatMap { arguments[$0]?.stringValue } ?? ""
      form.append(.init(name: name, content: .file(content, name: fileName, type: type)))
    }
    let body = MultipartBody(form)
    guard let length = body.length else {
      throw RESTFailure(.validation, "The content of the file is no base64.", wasSent: false)
    }
    guard length <= limit else { throw tooLarge(length, limit) }
    isUpload = parts.file != nil
    if isUpload { meter.known = length }
    request.headers.append(HTTPHeader("Content-Type", body.contentType))
    request.body = .stream(length: length, source: body)
  }

  private func tooLarge(_ count: Int, _ limit: Int) -> RESTFailure {
    RESTFailure(
      .validation,
      "The request of '\(tool.name)' would have a body of \(count) bytes, more than the limit of "
        + "\(limit) bytes (limits.body of service '\(backend.service)').",
      advice: "Send less in one call.", wasSent: false)
  }
}

extension String {
  fileprivate var uppercasedASCII: String {
    String(decoding: utf8.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 }, as: UTF8.self)
  }
}
