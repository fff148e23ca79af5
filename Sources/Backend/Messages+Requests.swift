package import MCP
import RawJSON

// What the gateway asks a service to tell it without being asked again.
extension Messages {
  /// `resources/subscribe` of the legacy era.
  package static func subscribe(_ id: UInt64, to uri: [UInt8]) -> [UInt8] {
    request(id, "resources/subscribe", params: #""uri":"# + quoted(uri))
  }

  package static func unsubscribe(_ id: UInt64, from uri: [UInt8]) -> [UInt8] {
    request(id, "resources/unsubscribe", params: #""uri":"# + quoted(uri))
  }

  /// `logging/setLevel` of the legacy era.
  package static func setLevel(_ id: UInt64, to level: StaticString) -> [UInt8] {
    request(id, "logging/setLevel", params: #""level":"\#(level)""#)
  }

  /// `subscriptions/listen` of the modern era.
  ///
  /// - Parameters:
  ///   - lists: names of the filter that are switched on.
  ///   - tasks: ids of tasks of the extension, which is declared where there are any.
  package static func listen(
    _ id: UInt64, to lists: [StaticString], uris: [[UInt8]], tasks: [[UInt8]] = []
  ) -> [UInt8] {
    var filter = lists.map { #""\#($0)":true"# }
    if !uris.isEmpty {
      filter.append(#""resourceSubscriptions":["# + uris.map(quoted).joined(separator: ",") + "]")
    }
    var envelope = envelope
    if !tasks.isEmpty {
      filter.append(#""taskIds":["# + tasks.map(quoted).joined(separator: ",") + "]")
      envelope = Self.envelope(
        capabilities: #"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#)
    }
    return request(
      id, "subscriptions/listen",
      params: #""notifications":{"# + filter.joined(separator: ",") + #"},"_meta":{"# + envelope
        + "}")
  }

  fileprivate static func quoted(_ text: [UInt8]) -> String {
    var output: [UInt8] = []
    JSON.appendQuoted(text, to: &output)
    return String(decoding: output, as: UTF8.self)
  }
}

extension Messages {
  /// `tasks/result` and others about one task, in the legacy era.
  package static func taskRequest(_ id: UInt64, _ method: Method, _ task: [UInt8]) -> [UInt8] {
    request(id, "\(method.name)", params: #""taskId":"# + quoted(task))
  }

  /// `tasks/get` and others about one task of the extension, in the modern era.
  ///
  /// - Parameters:
  ///   - members: more parameters, as JSON, with a comma before each.
  ///   - envelope: the reserved keys of `_meta`, which must declare the extension.
  package static func taskRequest(
    _ id: UInt64, _ method: Method, _ task: [UInt8], adding members: [UInt8], envelope: [UInt8]
  ) -> [UInt8] {
    request(
      id, "\(method.name)",
      params: #""taskId":"# + quoted(task) + String(decoding: members, as: UTF8.self)
        + #","_meta":{"# + String(decoding: envelope, as: UTF8.self) + "}")
  }
}
