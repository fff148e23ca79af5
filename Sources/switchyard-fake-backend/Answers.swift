import Glibc
import MCP
import RawJSON

/// What is answered to everything but tools/call.
extension Server {
  mutating func answer(_ message: Incoming) {
    let modern = message.isModern
    guard isServed(message, modern) else { return }
    if script.watches, answerWatching(message) { return }
    if script.tasks, answerTasks(message) { return }
    switch message.envelope.method {
    case .initialize: initialize(message)
    case .discover: discover(message)
    case .ping where !modern: empty(message)
    case .toolsCall: call(message)
    case .toolsList: listTools(message)
    case .promptsList where script.prompts:
      list(
        message,
        #""prompts":[{"name":"greet","description":"Greets somebody.","#
          + #""arguments":[{"name":"name","required":true}]}]"#)
    case .promptsGet where script.prompts: getPrompt(message)
    case .resourcesList where script.resources:
      list(message, #""resources":[{"uri":"memo://one","name":"one","mimeType":"text/plain"}]"#)
    case .resourcesTemplatesList where script.resources:
      list(message, #""resourceTemplates":[{"uriTemplate":"memo://{name}","name":"memo"}]"#)
    case .resourcesRead where script.resources: readResource(message)
    case .completionComplete where script.prompts || script.resources:
      result(message, #""completion":{"values":["one","two"],"total":2,"hasMore":false}"#)
    case .loggingSetLevel where !modern: empty(message)
    case .subscriptionsListen where modern: listen(message)
    default: fail(message, -32601, "method not found")
    }
  }

  /// Refuses, or overhears, what belongs to an era that is not served.
  private mutating func isServed(_ message: Incoming, _ modern: Bool) -> Bool {
    let method = message.envelope.method
    if method == .discover {
      if script.diesOnDiscover {
        output.flush()
        exit(1)
      }
      if script.silentOnDiscover || script.hangsAtInit { return false }
    }
    if method == .initialize, script.hangsAtInit { return false }
    if script.eras == .legacy, modern || method == .discover {
      fail(message, method == .discover ? -32601 : -32602, "this server is legacy")
      return false
    }
    if script.eras == .modern, !modern {
      fail(message, -32022, "Unsupported protocol version", #"{"supported":["2026-07-28"]}"#)
      return false
    }
    return true
  }

  private mutating func initialize(_ message: Incoming) {
    told = message.bytes(message.envelope.clientCapabilities)
    let asked = JSON.string(message.envelope.protocolVersion, in: message.line.bytes) ?? []
    let known = Revision(rawValue: String(decoding: asked, as: UTF8.self))
    let revision = known.flatMap { $0.era == .legacy ? $0 : nil } ?? .newestLegacy
    opening(message) { server in
      server.output.append(#""protocolVersion":""#)
      server.output.append(revision.rawValue)
      server.output.append(#"","serverInfo":"#)
      server.output.append(server.serverInfo)
      server.output.append(#","capabilities":"#)
      server.output.append(server.capabilities)
    }
  }

  private mutating func discover(_ message: Incoming) {
    guard message.isModern else { return fail(message, -32602, "the envelope is missing") }
    opening(message) { server in
      server.output.append(#""supportedVersions":["2026-07-28"],"ttlMs":0,"cacheScope":"private","#)
      server.output.append(#""capabilities":"#)
      server.output.append(server.capabilities)
    }
  }

  /// The answer to a handshake, late if the script says so.
  private mutating func opening(_ message: Incoming, _ body: (inout Server) -> Void) {
    let start = output.buffer.count
    beginResult(message.bytes(message.envelope.id), isModern: message.isModern)
    body(&self)
    output.append("}}")
    endLine()
    guard let delay = script.initDelay else { return }
    let line = Array(output.buffer[start...])
    output.buffer.removeSubrange(start...)
    let due = Agenda.now + Int64(delay) * 1_000_000
    agenda.add(
      Agenda.Entry(
        due: due, id: message.bytes(message.envelope.id), line: line, isAnswer: false))
  }

  private mutating func getPrompt(_ message: Incoming) {
    guard JSON.equals(message.envelope.name, "greet", in: message.line.bytes) else {
      return fail(message, -32602, "no such prompt")
    }
    result(
      message,
      #""messages":[{"role":"user","content":{"type":"text","text":"Greet them."}}]"#)
  }

  private mutating func readResource(_ message: Incoming) {
    guard JSON.equals(message.envelope.uri, "memo://one", in: message.line.bytes) else {
      return fail(message, message.isModern ? -32602 : -32002, "no such resource")
    }
    list(message, #""contents":[{"uri":"memo://one","mimeType":"text/plain","text":"one"}]"#)
  }

  private mutating func listen(_ message: Incoming) {
    let id = message.bytes(message.envelope.id)
    listener = id
    output.append(
      #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"#)
    output.append(#""io.modelcontextprotocol/subscriptionId":"#)
    output.buffer += id
    output.append(#"},"notifications":{"toolsListChanged":true}}}"#)
    endLine()
  }
}

/// The shapes that answers share.
extension Server {
  var serverInfo: String { #"{"name":"\#(script.name)","version":"1.0.0"}"# }

  private var capabilities: String {
    if script.watches { return Watching.capabilities }
    if script.tasks { return #"{"tools":{}"# + Self.taskCapabilities + "}" }
    var members = [#""tools":{"listChanged":true}"#]
    if script.prompts { members.append(#""prompts":{}"#) }
    if script.resources { members.append(#""resources":{}"#) }
    if script.prompts || script.resources { members.append(#""completions":{}"#) }
    return "{" + members.joined(separator: ",") + "}"
  }

  /// Up to and including the opening brace of the result and what each modern result carries.
  mutating func beginResult(_ id: [UInt8], isModern: Bool) {
    id.withUnsafeBytes { beginResult($0, isModern: isModern) }
  }

  mutating func beginResult(_ id: UnsafeRawBufferPointer, isModern: Bool) {
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.append(id)
    output.append(#","result":{"#)
    guard isModern else { return }
    output.append(#""resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":"#)
    output.append(serverInfo)
    output.append("},")
  }

  mutating func result(_ message: Incoming, _ members: String) {
    beginResult(message.slice(message.envelope.id), isModern: message.isModern)
    output.append(members)
    output.append("}}")
    endLine()
  }

  /// A result that modern clients may cache.
  mutating func list(_ message: Incoming, _ members: String) {
    result(message, members + (message.isModern ? #","ttlMs":0,"cacheScope":"private""# : ""))
  }

  mutating func empty(_ message: Incoming) {
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.append(message.slice(message.envelope.id))
    output.append(#","result":{}}"#)
    endLine()
  }

  mutating func fail(_ message: Incoming, _ code: Int, _ text: String, _ data: String? = nil) {
    output.append(#"{"jsonrpc":"2.0","id":"#)
    output.append(message.slice(message.envelope.id))
    output.append(#","error":{"code":"#)
    output.append(code)
    output.append(#","message":""#)
    output.append(text)
    output.append("\"")
    if let data {
      output.append(#","data":"#)
      output.append(data)
    }
    output.append("}}")
    endLine()
  }

  mutating func notify(_ method: String, _ params: String) {
    output.append(#"{"jsonrpc":"2.0","method":""#)
    output.append(method)
    output.append(#"","params":"#)
    output.append(params)
    output.append("}")
    endLine()
  }
}
