import Loop
import MCP
import Manifest
import RawJSON
import Resilience
import Routing
import Telemetry

/// Why a call goes where it goes, for a person who asks.
extension Gateway {
  /// Our own method, asked by `switchyard explain`.
  private static let explainMethod = Array("switchyard/explain".utf8)

  /// Answers `switchyard/explain {"name": TOOL}` as it stands at this moment; false for other methods.
  func explains(_ request: Incoming) throws(CallError) -> Bool {
    let bytes = request.line.bytes
    guard JSON.string(request.envelope.methodText, in: bytes) == Self.explainMethod else {
      return false
    }
    guard let name = JSON.string(request.envelope.name, in: bytes) else {
      throw .invalidParams("params.name must be a string.")
    }
    let whole: [UInt8]
    do throws(CallError) {
      whole = try wholeName(of: name, for: request)
    } catch {
      if waitsForDiscovery(request) { return true }
      throw error
    }
    guard let entry = whole.withUnsafeBytes({ catalogue.entry(.tools, named: $0) }) else {
      if waitsForDiscovery(request) { return true }
      throw refusal(.tools, name: name)
    }
    var answer = explanation(of: entry)
    if let view = view(of: request) { explain(name, as: entry, in: view, &answer) }
    var result = answer.serialized()
    if request.client.era == .modern, result.last == UInt8(ascii: "}") {
      result.removeLast()
      result += ",\(ModernResult.complete)}".utf8
    }
    session.reply(to: request.id, result: result)
    return true
  }

  /// The route of a tool, in the order in which its services are tried, and what may be done with
  /// its calls.
  func explanation(of entry: Catalogue.Entry) -> JSONValue {
    let now = EventLoop.now
    let places = route(entry, at: now).places.map { place -> JSONValue in
      [
        "service": .string(place.candidate.name), "usable": .bool(place.isUsable),
        "state": .string(place.candidate.state(at: now)), "why": .string(place.reason(at: now)),
      ]
    }
    var members: [String: JSONValue] = [
      "tool": .string(String(decoding: entry.publicName, as: UTF8.self)),
      "route": .array(places),
      "again": .string(wordsOnRepetition(entry)),
      "priority": .string(entry.policy.priority.rawValue),
    ]
    if let group = manifest(entry.service)?.group { members["group"] = .string(group) }
    var object = JSONObject()
    for (name, value) in members.sorted(by: { $0.key < $1.key }) { object[name] = value }
    return .object(object)
  }

  private func wordsOnRepetition(_ entry: Catalogue.Entry) -> String {
    switch (entry.policy.isReadOnly, entry.policy.isIdempotent) {
    case (true, _): "read-only: a call that may have been executed is sent again"
    case (_, true): "idempotent: a call that may have been executed is sent again"
    default: "a call is sent again only where no service has seen it"
    }
  }
}
