package import MCP
import RawJSON

// What the gateway asks a service in order to know how it does.
extension Messages {
  /// A call without arguments; `name` is the service's own.
  package static func toolCall(_ id: UInt64, _ name: String, era: Era) -> [UInt8] {
    var quoted: [UInt8] = []
    JSON.appendQuoted(name.utf8, to: &quoted)
    var params = #""name":"# + String(decoding: quoted, as: UTF8.self) + #","arguments":{}"#
    if era == .modern { params += #","_meta":{"# + envelope + "}" }
    return request(id, "tools/call", params: params)
  }
}
