import MCP
import RawJSON

/// What a backend with the word `watch` was told to tell.
struct Watching {
  /// The log level, as the client wrote it.
  var level: [UInt8] = Array("null".utf8)
  /// URIs with quotes, in the order of their subscription.
  var subscribed: [[UInt8]] = []
  /// Tools that are no longer there.
  var hidden: Set<String> = []
  /// Ids of the listens that are open.
  var listens: [[UInt8]] = []

  static let tools = ["notify", "return", "meta", "state", "forget"]
  static let toolMeta = #","_meta":{"ui":{"resourceUri":"ui://panel/main"}}"#
  static let capabilities =
    #"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"#
    + #""prompts":{"listChanged":true},"completions":{},"logging":{}}"#

  var state: String {
    let uris = subscribed.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    return #"{"level":\#(String(decoding: level, as: UTF8.self)),"subscribed":[\#(uris)],"#
      + #""listens":\#(listens.count)}"#
  }
}

extension Server {
  /// Answers what only a backend with `watch` can; false for everything else.
  mutating func answerWatching(_ message: Incoming) -> Bool {
    switch message.envelope.method {
    case .resourcesSubscribe where !message.isModern: subscribe(message)
    case .resourcesUnsubscribe where !message.isModern:
      watching.subscribed.removeAll { $0 == message.bytes(message.envelope.uri) }
      ledger("unsubscribed " + text(message.envelope.uri, message))
      empty(message)
    case .loggingSetLevel where !message.isModern:
      watching.level = message.bytes(
        JSON.member("level", of: params(message), in: message.line.bytes))
      empty(message)
    case .subscriptionsListen: listenWatching(message)
    case .resourcesList:
      list(
        message,
        #""resources":[{"uri":"memo://one","name":"one"},{"uri":"ui://panel/main","name":"ui"}]"#)
    case .resourcesTemplatesList:
      list(message, #""resourceTemplates":[{"uriTemplate":"memo://{name}","name":"memo"}]"#)
    case .resourcesRead: readWatching(message)
    case .promptsList: list(message, #""prompts":[{"name":"greet"}]"#)
    case .promptsGet:
      let resource = #"{"uri":"memo://one","text":"\#(script.name)"}"#
      result(
        message,
        #""messages":[{"role":"user","content":{"type":"resource","resource":\#(resource)}}]"#)
    case .completionComplete:
      let ref = JSON.member("ref", of: params(message), in: message.line.bytes)
      let uri = text(JSON.member("uri", of: ref, in: message.line.bytes), message)
      result(message, #""completion":{"values":[\#(uri)]}"#)
    case .unknown:
      let name = text(message.envelope.methodText, message)
      guard name.utf8.starts(with: #""vendor/"#.utf8) else { return false }
      result(message, #""service":"\#(script.name)","params":\#(text(params(message), message))"#)
    default: return false
    }
    return true
  }

  /// The URI says what is done with it.
  private mutating func readWatching(_ message: Incoming) {
    let uri = text(message.envelope.uri, message)
    ledger("read " + uri)
    func number(after word: String) -> Int? {
      uri.split(separator: "/").lazy.compactMap { part in
        part.hasPrefix(word) ? Int(part.dropFirst(word.count).prefix { $0.isNumber }) : nil
      }.first
    }
    if uri.contains("error") { return fail(message, -32602, "not this one") }
    let start = output.buffer.count
    let scope = uri.contains("public") ? "public" : "private"
    let time = number(after: "ttl-") ?? 0
    result(
      message,
      #""contents":[{"uri":\#(uri),"text":"\#(script.name)"}]"#
        + (message.isModern ? #","ttlMs":\#(time),"cacheScope":"\#(scope)""# : ""))
    guard let delay = number(after: "late-") else { return }
    let line = Array(output.buffer[start...])
    output.buffer.removeSubrange(start...)
    agenda.add(
      Agenda.Entry(
        due: Agenda.now + Int64(delay) * 1_000_000, id: message.bytes(message.envelope.id),
        line: line, isAnswer: true))
  }

  private mutating func subscribe(_ message: Incoming) {
    let uri = message.bytes(message.envelope.uri)
    guard !text(message.envelope.uri, message).utf8.contains(UInt8(ascii: "!")) else {
      return fail(message, -32602, "not this one")
    }
    watching.subscribed.append(uri)
    ledger("subscribed " + text(message.envelope.uri, message))
    empty(message)
  }

  /// Honours everything but URIs with an exclamation mark.
  private mutating func listenWatching(_ message: Incoming) {
    let id = message.bytes(message.envelope.id)
    let filter = JSON.member("notifications", of: params(message), in: message.line.bytes)
    var members: [String] = []
    watching.subscribed = []
    JSON.forEachMember(of: filter, in: message.line.bytes) { key, value in
      guard JSON.equals(key, "resourceSubscriptions", in: message.line.bytes) else {
        members.append(text(key, message) + ":" + text(value, message))
        return
      }
      JSON.forEachElement(of: value, in: message.line.bytes) { element in
        let uri = message.bytes(element)
        if !uri.contains(UInt8(ascii: "!")) { watching.subscribed.append(uri) }
      }
      let uris = watching.subscribed.map { String(decoding: $0, as: UTF8.self) }
      members.append(#""resourceSubscriptions":[\#(uris.joined(separator: ","))]"#)
    }
    listener = id
    watching.listens.append(id)
    ledger("listening " + members.joined(separator: ","))
    notify(
      "notifications/subscriptions/acknowledged",
      #"{"_meta":{\#(subscriptionKey(id))},"notifications":{\#(members.joined(separator: ","))}}"#)
  }

  mutating func noteWatching(_ message: Incoming) {
    switch message.envelope.method {
    case .cancelled:
      let id = message.bytes(message.envelope.requestId)
      watching.listens.removeAll { $0 == id }
    case .unknown: ledger("noticed " + text(message.envelope.methodText, message))
    default: break
    }
  }

  // MARK: Tools

  /// Composes the answer of a tool that `watch` brings; false for others.
  mutating func composeWatching(_ tool: String, _ message: Incoming) -> Bool {
    let arguments = message.envelope.arguments
    switch tool {
    case "notify": notifyAsAsked(message)
    case "return":
      let whole = text(JSON.member("result", of: arguments, in: message.line.bytes), message)
      beginResult(message.slice(message.envelope.id), isModern: false)
      if message.isModern { output.append(#""resultType":"complete","#) }
      output.append(String(whole.dropFirst().dropLast()))
      output.append("}}")
    case "meta":
      let meta = message.envelope.meta.isAbsent ? "null" : text(message.envelope.meta, message)
      structured(message, #"{"meta":\#(meta)}"#)
    case "forget":
      let name = text(JSON.member("tool", of: arguments, in: message.line.bytes), message)
      watching.hidden.insert(String(name.dropFirst().dropLast()))
      structured(message, "{}")
    case "state": structured(message, watching.state)
    default: return false
    }
    return true
  }

  /// Sends a notification so many times; within the open listen, where there is one.
  private mutating func notifyAsAsked(_ message: Incoming) {
    let arguments = message.envelope.arguments
    let method = text(JSON.member("method", of: arguments, in: message.line.bytes), message)
    let given = JSON.member("params", of: arguments, in: message.line.bytes)
    var params = given.isAbsent ? "{}" : text(given, message)
    let isRaw = !JSON.member("raw", of: arguments, in: message.line.bytes).isAbsent
    let isOfListen = !isRaw && (method.contains("_changed") || method.contains("updated"))
    if let listener, message.isModern, isOfListen {
      let rest = params.dropFirst()
      let meta = #"{"_meta":{\#(subscriptionKey(listener))}"#
      params = meta + (rest == "}" ? "" : ",") + rest
    }
    for _ in 0..<(integer("times", message) ?? 1) {
      notify(String(method.dropFirst().dropLast()), params)
    }
    structured(message, "{}")
  }

  private func subscriptionKey(_ id: [UInt8]) -> String {
    #""io.modelcontextprotocol/subscriptionId":"# + String(decoding: id, as: UTF8.self)
  }

  private func params(_ message: Incoming) -> ByteRange { message.envelope.params }

  private func text(_ range: ByteRange, _ message: Incoming) -> String {
    range.isAbsent ? "null" : String(decoding: message.slice(range), as: UTF8.self)
  }
}
