package import Manifest
package import RawJSON

/// Makes requests of an operation and the values of a call. Pure: no I/O, no clock, no state.
///
/// A value goes where its place says and is encoded there. What cannot stand in its place (a line
/// break in a header, `..` as a segment of the path, a comma in a list joined by commas) is a
/// violation, and then there is no request.
package struct RequestBuilder {
  private let arguments: JSONObject
  private let shared: SharedTool
  private var tool: REST.Tool { _read { yield shared.value } }
  private let resolve: (REST.Reference) -> JSONValue?

  /// What a request could not be made of, told like a wrong argument.
  package struct Refusal: Error, Hashable { package var violations: [Violation] }

  /// Query parameters that paging adds.
  package struct Page {
    /// Give way to a parameter of the same name.
    package var defaults: [(name: String, value: String)] = []
    /// Take the place of parameters of the same name.
    package var overrides: [(name: String, value: String)] = []
    /// Encoded already; takes the place of the whole query.
    package var query: String?

    package init() {}
  }

  /// - Parameters:
  ///   - arguments: those of the call, checked and completed (`REST.Tool.complete`).
  ///   - resolve: the value of a reference to something else than an argument or `config`.
  package init(
    _ tool: SharedTool, arguments: JSONObject, resolve: @escaping (REST.Reference) -> JSONValue?
  ) {
    shared = tool
    self.arguments = arguments
    self.resolve = resolve
  }

  package init(
    _ tool: REST.Tool, arguments: JSONObject, resolve: @escaping (REST.Reference) -> JSONValue?
  ) {
    self.init(SharedTool(tool), arguments: arguments, resolve: resolve)
  }

  /// The request of an operation of the tool.
  package func request(
    _ operation: REST.Operation, page: Page = Page()
  ) throws(Refusal) -> RESTRequest {
    let values = try placed(operation)
    var query = values.query
    for (name, value) in page.overrides {
      query.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
      query.append(RequestParameter(name: name, value: .string(value), style: .json, pointer: ""))
    }
    for (name, value) in page.defaults where !query.contains(named: name) {
      query.append(RequestParameter(name: name, value: .string(value), style: .json, pointer: ""))
    }
    var request = RESTRequest(
      method: operation.method, path: try path(operation, values), query: "", headers: [],
      body: try body(operation, values))
    if let text = page.query {
      request.query = text
    } else {
      request.query = try RequestParameter.text(of: query)
    }
    for header in values.headers { request.headers.append(try header.asHeader()) }
    return request
  }

  /// The operation as an action of a batch.
  package func action(
    _ operation: REST.Operation, of endpoint: REST.BatchEndpoint
  ) throws(Refusal) -> JSONValue {
    let values = try placed(operation)
    var action = JSONValue.object(JSONObject())
    action.set(.string(operation.method.rawValue), at: endpoint.method)
    action.set(.string(try path(operation, values)), at: endpoint.path)
    if let body = values.body {
      if case .object(let members) = body {
        for member in members {
          action.set(member.value, at: endpoint.body.appending(member.key))
        }
      } else {
        action.set(body, at: endpoint.body)
      }
    }
    for parameter in values.query {
      let option = endpoint.options.first { $0.parameter.utf8.elementsEqual(parameter.name.utf8) }
      action.set(parameter.value, at: option?.path ?? endpoint.query.appending(parameter.name))
    }
    return action
  }

  // MARK: Placing

  private func placed(_ operation: REST.Operation) throws(Refusal) -> PlacedValues {
    var values = PlacedValues()
    for value in operation.values where holds(value.condition) {
      let found: JSONValue?
      switch value.source {
      case .literal(let literal): found = literal
      case .reference(let reference): found = self.value(of: reference)
      }
      guard let found else { continue }
      try values.add(found, at: value.place, pointer: "", names: argumentText)
    }
    guard operation.takesArguments else { return values }
    let isMultipart = tool.arguments.indices.contains { tool.arguments[$0].place?.file != nil }
    values.isMultipart = isMultipart
    // Whole arguments are not copied here: they are large.
    for index in tool.arguments.indices {
      guard let place = tool.arguments[index].place else { continue }
      let name = tool.arguments[index].name
      guard let value = arguments[name] else { continue }
      if place.position == .path, !operation.path.takes(place) { continue }
      if let file = place.file {
        values.add(file: name, at: place, part: file, names: argumentText)
      } else if !isMultipart || !isFileDetail(name) {
        let pointer = "/" + name.asPointerStep
        try values.add(value, at: place, pointer: pointer, names: argumentText)
      }
    }
    return values
  }

  /// Whether an argument says how a file is called or what it is, so that it is no field itself.
  private func isFileDetail(_ name: String) -> Bool {
    tool.arguments.contains { argument in
      guard let file = argument.place?.file else { return false }
      return [file.nameArgument, file.typeArgument].contains {
        $0?.utf8.elementsEqual(name.utf8) ?? false
      }
    }
  }

  private func holds(_ condition: REST.Condition?) -> Bool {
    guard let condition else { return true }
    let value = arguments[condition.argument] ?? .null
    return (value != .null && value != false) != condition.isNegated
  }

  private func value(of reference: REST.Reference) -> JSONValue? {
    guard case .argument(let name) = reference.root else { return resolve(reference) }
    return arguments[name]?.value(at: reference.path)
  }

  /// The value of an argument as a name or a segment.
  private func argumentText(_ name: String) -> String? { arguments[name]?.scalarText }

  // MARK: Parts

  private func path(
    _ operation: REST.Operation, _ values: PlacedValues
  ) throws(Refusal) -> String {
    var path = ""
    for segment in operation.path.segments {
      var text = ""
      var pointer = ""
      for part in segment {
        switch part {
        case .literal(let literal): text += literal
        case .parameter(let name):
          guard let parameter = values.path.first(named: name) else {
            throw Refusal(missing(name, in: tool))
          }
          pointer = parameter.pointer
          text += PercentEncoding.encoded(try parameter.segment())
        }
      }
      guard !PathSegment.isUnsafe(text) else {
        throw Refusal(
          Violation(at: pointer, "must not be empty, '.' or '..' or hold control characters"))
      }
      path += "/"
      path += text
    }
    return path
  }

  private func missing(_ name: String, in tool: REST.Tool) -> Violation {
    let argument = tool.arguments.first { argument in
      guard let place = argument.place, place.position == .path else { return false }
      return place.name == [.name(name)]
    }
    guard let argument else {
      return Violation(at: "", "there is no value for '\(name)' of the path")
    }
    return Violation(at: "/" + argument.name.asPointerStep, argument.absence)
  }

  private func body(
    _ operation: REST.Operation, _ values: PlacedValues
  ) throws(Refusal) -> RESTRequest.Body {
    if values.isMultipart { return .multipart(try values.parts()) }
    if !values.form.isEmpty {
      return .form(Array(try RequestParameter.text(of: values.form).utf8))
    }
    guard operation.method != .get else { return .none }
    var body = values.body
    if let envelope = operation.requestEnvelope, operation.method != .delete || body != nil {
      body = .object(
        JSONObject([.init(key: envelope, value: body ?? .object(JSONObject()))]))
    }
    return body.map { .json($0.serialized()) } ?? .none
  }
}

extension RequestBuilder.Refusal {
  init(_ violation: Violation) { violations = [violation] }
}

extension REST.PathTemplate {
  /// Whether a name of the path is the place's.
  fileprivate func takes(_ place: REST.Place) -> Bool {
    guard case .name(let name)? = place.name.first else { return false }
    return has(name)
  }
}

extension String {
  /// As one step of a JSON pointer (RFC 6901).
  fileprivate var asPointerStep: String {
    if !utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) { return self }
    var step: [UInt8] = []
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "~"): step += Array("~0".utf8)
      case UInt8(ascii: "/"): step += Array("~1".utf8)
      default: step.append(byte)
      }
    }
    return String(decoding: step, as: UTF8.self)
  }
}
