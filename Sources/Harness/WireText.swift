package import MCP
package import RawJSON

package enum WireDirection: String, Sendable, CaseIterable {
  case toServer = "-->"
  case toClient = "<--"
}

/// What a client answers to a request of the server.
package enum ClientAnswer: Sendable {
  case result(JSONValue)
  case error(code: Int, message: String)
}

/// The lines that the harness itself composes.
package enum WireText {
  package static let clientInfo: JSONValue = ["name": "switchyard-harness", "version": "1.0.0"]

  package static func request(id: String, method: String, params: JSONValue?) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":\#(quoted(method))\#(tail(params))}"#
  }

  package static func notification(method: String, params: JSONValue?) -> String {
    #"{"jsonrpc":"2.0","method":\#(quoted(method))\#(tail(params))}"#
  }

  package static func cancel(id: String, reason: String?) -> String {
    let reason = reason.map { #","reason":\#(quoted($0))"# } ?? ""
    return #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"#
      + id + reason + "}}"
  }

  package static func answer(id: String, _ answer: ClientAnswer) -> String {
    switch answer {
    case .result(let value): return #"{"jsonrpc":"2.0","id":\#(id),"result":\#(value.text)}"#
    case .error(let code, let message):
      return
        #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":\#(quoted(message))}}"#
    }
  }

  /// An answer with another id in place of its own.
  static func readdressed(_ answer: JSONValue, to id: String) -> String {
    let members = (answer.objectValue.map { Array($0) } ?? []).filter { $0.key != "id" }
    let texts = members.map { #"\#(quoted($0.key)):\#($0.value.text)"# }
    return "{" + (texts + [#""id":\#(id)"#]).joined(separator: ",") + "}"
  }

  /// `params` with the members of `_meta` that 2026-07-28 requires; what is there already stays.
  package static func enveloped(
    _ params: JSONValue?, revision: Revision, capabilities: JSONValue
  ) -> JSONValue {
    let prefix = "io.modelcontextprotocol/"
    var meta = params?.member("_meta") ?? [:]
    meta.setMissing(prefix + "protocolVersion", .string(revision.rawValue))
    meta.setMissing(prefix + "clientCapabilities", capabilities)
    meta.setMissing(prefix + "clientInfo", clientInfo)
    var whole = params ?? [:]
    whole.set("_meta", meta)
    return whole
  }

  package static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    JSON.appendQuoted(text.utf8, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func tail(_ params: JSONValue?) -> String {
    params.map { #","params":\#($0.text)"# } ?? ""
  }
}
