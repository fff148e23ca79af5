import MCP
import RawJSON

/// The three requests that run a handler.
extension Session {
  func callTool(_ request: Request, _ reply: @escaping Reply) throws(Failure) {
    let name = try text("name", of: request)
    guard let tool = service.tools.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw Failure(.invalidParams, "unknown tool '\(name.prefix(128))'")
    }
    let arguments = request.params["arguments"] ?? .object(JSONObject())
    guard arguments.objectValue != nil else {
      throw Failure(.invalidParams, "params.arguments must be an object")
    }
    try start(request, reply) { [service] context in
      let result = await tool.call(context, StructuredValue(arguments))
      return Answer.result(result.members, to: request, from: service)
    }
  }

  func getPrompt(_ request: Request, _ reply: @escaping Reply) throws(Failure) {
    let name = try text("name", of: request)
    guard let prompt = service.prompts.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
    else {
      throw Failure(.invalidParams, "unknown prompt '\(name.prefix(128))'")
    }
    var given: [String: String] = [:]
    for argument in prompt.arguments {
      let value = request.params["arguments"]?[argument.name]?.stringValue
      if value == nil, argument.isRequired {
        throw Failure(.invalidParams, "the argument '\(argument.name)' is missing")
      }
      given[argument.name] = value
    }
    try start(request, reply) { [service, given] context in
      do {
        let messages = try await prompt.messages(context, given).map { message -> JSONValue in
          ["role": .string(message.role.rawValue), "content": message.content.json]
        }
        var result = JSONObject()
        result["description"] = .string(prompt.description)
        result["messages"] = .array(messages)
        return Answer.result(result, to: request, from: service)
      } catch {
        return Answer.failure(Failure(.internalError, "\(error)"), id: request.id)
      }
    }
  }

  func readResource(_ request: Request, _ reply: @escaping Reply) throws(Failure) {
    let uri = try text("uri", of: request)
    guard let resource = service.resources.first(where: { $0.uri.utf8.elementsEqual(uri.utf8) })
    else {
      let code: ErrorCode = request.isModern ? .invalidParams : .resourceNotFound
      throw Failure(code, "no such resource", data: ["uri": .string(uri)])
    }
    try start(request, reply) { [service] context in
      do {
        var contents = JSONObject()
        contents["uri"] = .string(resource.uri)
        contents["mimeType"] = .string(resource.mimeType)
        switch try await resource.read(context) {
        case .text(let text): contents["text"] = .string(text)
        case .blob(let base64): contents["blob"] = .string(base64)
        }
        var result = JSONObject()
        result["contents"] = .array([.object(contents)])
        return Answer.result(result, to: request, from: service, isCacheable: true)
      } catch {
        return Answer.failure(Failure(.internalError, "\(error)"), id: request.id)
      }
    }
  }

  private func text(_ key: String, of request: Request) throws(Failure) -> String {
    guard let text = request.params[key]?.stringValue else {
      throw Failure(.invalidParams, "params.\(key) must be a string")
    }
    return text
  }

  /// Runs `work` in a task of its own and replies with what it returns, unless it is cancelled.
  private func start(
    _ request: Request, _ reply: @escaping Reply,
    _ work: @escaping @Sendable (CallContext) async -> [UInt8]
  ) throws(Failure) {
    let call = Call(id: request.id, progressToken: try request.progressToken(), output: output)
    switch calls.admit(call) {
    case .accepted: break
    case .full: throw Failure(.overloaded, "more than \(CallTable.limit) calls at once")
    case .duplicate:
      // Two answers with one id could not be told apart, so this one carries none.
      let id = String(decoding: request.id, as: UTF8.self)
      let failure = Failure(.invalidRequest, "a request with the id \(id) is in flight")
      return reply(Answer.failure(failure, id: nil))
    }
    let task = Task { [calls] in
      let message = await work(CallContext(call: call))
      calls.release(call.id)
      call.answer { isWanted in reply(isWanted ? message : nil) }
      calls.finish()
    }
    call.started(task)
  }
}
