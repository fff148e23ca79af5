import RawJSON

/// The messages that the gateway itself writes: one line of JSON each, without the newline.
///
/// Parts that are JSON already (`id`, `result`, `params`, `data`) are taken as they are; the
/// caller vouches that they are JSON without newlines.
package enum Message {
  /// An answer that is an error.
  ///
  /// - Parameters:
  ///   - id: the request's id as it was written; nil if it could not be read. The legacy era then
  ///     writes `null`, the modern one leaves the member out.
  ///   - text: one sentence.
  ///   - data: a JSON value, or empty for none.
  package static func error(
    id: [UInt8]?, code: ErrorCode, _ text: String, data: [UInt8] = [], era: Era
  ) -> [UInt8] {
    error(id: id, code: code.rawValue, text, data: data, era: era)
  }

  /// An answer that is an error with a code that a peer has chosen.
  package static func error(
    id: [UInt8]?, code: Int, _ text: String, data: [UInt8] = [], era: Era
  ) -> [UInt8] {
    var line = start()
    if let id {
      append("\"id\":", id, to: &line)
      line.append(UInt8(ascii: ","))
    } else if era == .legacy {
      JSON.append("\"id\":null,", to: &line)
    }
    JSON.append("\"error\":{\"code\":", to: &line)
    JSON.append(Int64(code), to: &line)
    JSON.append(",\"message\":", to: &line)
    JSON.appendQuoted(text.utf8, to: &line)
    if !data.isEmpty { append(",\"data\":", data, to: &line) }
    JSON.append("}}", to: &line)
    return line
  }

  /// An answer with a result, which is a JSON object.
  package static func result(id: [UInt8], _ result: [UInt8]) -> [UInt8] {
    var line = start()
    line.reserveCapacity(line.count + id.count + result.count + 16)
    append("\"id\":", id, to: &line)
    append(",\"result\":", result, to: &line)
    line.append(UInt8(ascii: "}"))
    return line
  }

  /// A request; `params` is a JSON object, or empty for none.
  package static func request(id: [UInt8], _ method: Method, params: [UInt8] = []) -> [UInt8] {
    var line = start()
    append("\"id\":", id, to: &line)
    line.append(UInt8(ascii: ","))
    finish(method, params, &line)
    return line
  }

  /// A request with an id of our own.
  package static func request(id: UInt64, _ method: Method, params: [UInt8] = []) -> [UInt8] {
    request(id: RequestID(id).bytes, method, params: params)
  }

  /// A notification; `params` is a JSON object, or empty for none.
  package static func notification(_ method: Method, params: [UInt8] = []) -> [UInt8] {
    var line = start()
    finish(method, params, &line)
    return line
  }

  private static func start() -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(128)
    JSON.append("{\"jsonrpc\":\"2.0\",", to: &line)
    return line
  }

  private static func finish(_ method: Method, _ params: [UInt8], _ line: inout [UInt8]) {
    JSON.append("\"method\":\"", to: &line)
    JSON.append(method.name, to: &line)
    line.append(UInt8(ascii: "\""))
    if !params.isEmpty { append(",\"params\":", params, to: &line) }
    line.append(UInt8(ascii: "}"))
  }

  private static func append(_ key: StaticString, _ json: [UInt8], to line: inout [UInt8]) {
    JSON.append(key, to: &line)
    line += json
  }
}
