import HTTP
import Manifest
import RawJSON

/// The request of an operation, as it goes over the wire.
extension RESTRun {
  func build(
    _ operation: REST.Operation, item: StepNode?, page: RequestBuilder.Page
  ) throws(RESTFailure) -> HTTPRequest {
    let builder = RequestBuilder(shared, arguments: arguments.values) { reference in
      self.value(of: reference, item: item)?.json.value
    }
    let request: RESTRequest
    do throws(RequestBuilder.Refusal) {
      request = try builder.request(operation, page: page)
    } catch {
      throw .invalid(error.violations, tool: tool.name)
    }
    return try http(request)
  }

  /// Adds what every request of the service has: the address, its headers, its credentials.
  func http(_ request: RESTRequest) throws(RESTFailure) -> HTTPRequest {
    let api = backend.api
    var target = request.target(under: api.address)
    if case .query(let name, let secret) = api.authentication {
      target += request.query.isEmpty ? "?" : "&"
      target += "\(PercentEncoding.encoded(name))=\(PercentEncoding.encoded(secret.exposed))"
    }
    var headers = backend.headers
    for header in request.headers { headers.append(HTTPHeader(header.name, header.value)) }
    var result = HTTPRequest(method: request.method.onTheWire, target: target, headers: headers)
    try setBody(request.body, of: &result)
    return result
  }

  private func setBody(
    _ body: RESTRequest.Body, of request: inout HTTPRequest
  ) throws(RESTFailure) {
    let limit = backend.api.connections.bodyLimit
    switch body {
    case .none: return
    case .json(let bytes), .form(let bytes):
      guard bytes.count <= limit else { throw tooLarge(bytes.count, limit) }
      let isJSON = if case .json = body { true } else { false }
      let type = isJSON ? "application/json" : "application/x-www-form-urlencoded"
      request.headers.append(HTTPHeader("Content-Type", type))
      request.body = .bytes(bytes)
    case .multipart(let parts):
      let form = MultipartBody(parts.compactMap { self.part($0) })
      guard let length = form.length else {
        throw RESTFailure(.validation, "The content of the file is no base64.", wasSent: false)
      }
      guard length <= limit else { throw tooLarge(length, limit) }
      isUpload = arguments.file != nil
      if isUpload { meter.known = length }
      request.headers.append(HTTPHeader("Content-Type", form.contentType))
      request.body = .stream(length: length, source: form)
    }
  }

  private func part(_ part: RESTRequest.Part) -> MultipartBody.Part? {
    switch part.content {
    case .text(let text): return .init(name: part.name, content: .text(Array(text.utf8)))
    case .file(_, let name, let type):
      // An empty file has nothing that was cut out.
      let content = arguments.file?.base64 ?? JSONText(.string(""))
      return .init(
        name: part.name,
        content: .file(content, name: name, type: type ?? "application/octet-stream"))
    }
  }

  private func tooLarge(_ count: Int, _ limit: Int) -> RESTFailure {
    RESTFailure(
      .validation,
      "The request of '\(tool.name)' would have a body of \(count) bytes, more than the limit of "
        + "\(limit) bytes (rest.connections.body_limit of service '\(backend.service)').",
      advice: "Send less in one call.", wasSent: false)
  }
}

extension REST.Method {
  /// In capitals, as RFC 9110 writes it.
  var onTheWire: String {
    switch self {
    case .get: "GET"
    case .post: "POST"
    case .put: "PUT"
    case .patch: "PATCH"
    case .delete: "DELETE"
    }
  }
}
