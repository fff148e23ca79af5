import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Telemetry

/// Calls of clients with a profile.
extension Gateway {
  func callShown(_ request: Incoming) throws(CallError) {
    guard let view = view(of: request) else { return try call(.tools, request) }
    guard let entry = try entry(.tools, of: request, in: view) else { return }
    switch view.contents.handling(of: entry) {
    case .index(.call): try callThrough(request, view)
    case .index(let tool): try answer(tool, request, view)
    case .form(let form): try call(request, form, arguments: request.envelope.arguments)
    case nil: try call(.tools, request)
    }
  }

  func getShown(_ request: Incoming) throws(CallError) {
    if let view = view(of: request), try entry(.prompts, of: request, in: view) == nil { return }
    try call(.prompts, request)
  }

  /// Nil if the request waits for services that were never asked.
  private func entry(
    _ kind: Offer.Kind, of request: Incoming, in view: ClientView
  ) throws(CallError) -> Catalogue.Entry? {
    let range = request.envelope.name
    guard JSON.isString(range, in: request.line.bytes) else {
      throw .invalidParams("params.name must be a string.")
    }
    if let entry = view.contents.callable.entry(kind, namedAt: range, in: request.line) {
      return entry
    }
    if waitsForDiscovery(request) { return nil }
    throw refusal(kind, name: JSON.string(range, in: request.line.bytes) ?? [], in: view)
  }

  /// What the profile hides is as unknown as what there is not.
  func refusal(_ kind: Offer.Kind, name: [UInt8], in view: ClientView) -> CallError {
    let word = kind == .prompts ? "prompt" : "tool"
    let shown = Printable.text(name, limit: 80)
    let unknown = CallError.unknown(word, "'\(shown)'")
    let (isLost, isThere) = name.withUnsafeBytes { name in
      (
        view.contents.callable.collision(kind, named: name),
        catalogue.entry(kind, named: name) != nil
      )
    }
    if let isLost {
      let services = isLost.services.map { "'\($0)'" }.joined(separator: " and ")
      return .invalidParams(
        "The \(word) '\(shown)' is claimed by the services \(services), so none of them gets the "
          + "call; the profile '\(view.profile.name)' must give one another name.",
        reason: "name_collision")
    }
    if isThere { return unknown }
    let error = refusal(kind, name: name)
    guard let service = error.service else {
      return error.reason == "name_collision" && !view.profile.services.isEmpty ? unknown : error
    }
    return view.profile.selects(service: service) ? error : unknown
  }

  // MARK: tools_call

  /// A call of a tool that stands behind `tools_call`: from here on it is a call of that tool.
  private func callThrough(_ request: Incoming, _ view: ClientView) throws(CallError) {
    let bytes = request.line.bytes
    let range = JSON.member("name", of: request.envelope.arguments, in: bytes)
    guard JSON.isString(range, in: bytes) else {
      throw .invalidParams("arguments.name must be a string: the name of a tool.")
    }
    let arguments = JSON.member("arguments", of: request.envelope.arguments, in: bytes)
    guard arguments.isAbsent || JSON.isObject(arguments, in: bytes) else {
      throw .invalidParams("arguments.arguments must be an object: the arguments of the tool.")
    }
    let entry = view.contents.callable.entry(.tools, namedAt: range, in: request.line)
    var form = ShownTool.Form(name: nil, pins: [])
    switch entry.map({ (view.contents.handling(of: $0), $0.publicName) }) {
    case (.form(let own)?, let name)?: form = .init(name: own.name ?? name, pins: own.pins)
    case (nil, let name)?: form.name = name
    default:
      if entry == nil, waitsForDiscovery(request) { return }
      throw refusal(.tools, name: JSON.string(range, in: bytes) ?? [], in: view)
    }
    try call(request, form, arguments: arguments, isInner: true)
  }

  /// - Parameter isInner: the arguments stand within those of `tools_call`.
  private func call(
    _ request: Incoming, _ form: ShownTool.Form, arguments: ByteRange, isInner: Bool = false
  ) throws(CallError) {
    let bytes = request.line.bytes
    var call: ShownCall
    do throws(ShownCall.Trespass) {
      call = try ShownCall(form, arguments: arguments, in: bytes)
    } catch {
      return refuse(request, error)
    }
    if isInner, call.arguments == nil {
      call.arguments = arguments.isAbsent ? Array("{}".utf8) : JSON.copy(arguments, in: bytes)
    }
    var refusal: CallError?
    call.line(request.line, request.envelope).withUnsafeBytes { line in
      do throws(CallError) {
        guard let envelope = try? Envelope.scan(line.bytes) else {
          throw CallError.invalidParams("The arguments cannot be put together.")
        }
        var request = request
        (request.line, request.envelope, request.isPut) = (line, envelope, true)
        try self.call(.tools, request)
      } catch {
        refusal = error
      }
    }
    if let refusal { throw refusal }
  }

  private func refuse(_ request: Incoming, _ trespass: ShownCall.Trespass) {
    let name = Printable.text(Array(trespass.argument.utf8), limit: 80)
    let failure = RESTFailure(
      .validation, "The argument '\(name)' is given by the configuration of the gateway.",
      advice: "Leave it out.", wasSent: false)
    session.reply(
      to: request.id, ToolResult(failure, for: request.client, from: session.identity))
  }

  // MARK: Explaining

  /// What the whole catalogue calls a tool of a client; throws where it has none of that name.
  func wholeName(
    of name: [UInt8], for request: Incoming
  ) throws(CallError) -> [UInt8] {
    guard let view = view(of: request) else { return name }
    guard let entry = name.withUnsafeBytes({ view.contents.callable.entry(.tools, named: $0) })
    else {
      throw refusal(.tools, name: name, in: view)
    }
    if case .form(let form) = view.contents.handling(of: entry) { return form.name ?? name }
    return name
  }

  func wholeName(of name: String, for request: Incoming) throws(CallError) -> String {
    String(decoding: try wholeName(of: Array(name.utf8), for: request), as: UTF8.self)
  }

  /// What the profile makes of a tool.
  func explain(
    _ name: [UInt8], as entry: Catalogue.Entry, in view: ClientView, _ answer: inout JSONValue
  ) {
    let isListed = name.withUnsafeBytes { view.contents.shown.entry(.tools, named: $0) } != nil
    answer["profile"] = .string(view.profile.name)
    answer["listed"] = .bool(isListed)
    answer["shownAs"] = .string(String(decoding: name, as: UTF8.self))
  }
}
