import Backend
import Loop
import MCP
import Manifest
import RawJSON

/// What is changed in a question of a service on its way to the client.
///
/// URIs and ids of tasks become those that clients know. Of text that is shown to people,
/// characters that they cannot see, or that move what they see, are taken out (row S16): a
/// question of a service must not look like one of the client or of another service, and a model
/// that is asked for a sample must not read what the person who allows it does not.
enum Asking {
  /// The edits of the parameters of one question; empty if nothing is to be changed.
  @EventLoop
  static func edits(
    _ method: Method, _ params: ByteRange, in bytes: RawSpan, _ service: Service
  ) -> [Edit] {
    var edits: [Edit] = []
    if method == .samplingCreateMessage, let names = service.uriNames {
      edits += Links.edits(in: params, of: method, in: bytes, names)
    }
    if service.prefixesTasks {
      let meta = JSON.member("_meta", of: params, in: bytes)
      edits += TaskReport.relatedEdits(meta, service.name, in: bytes)
    }
    ShownText.forEach(method, params, in: bytes) { text in
      guard let plain = PlainText.cleaned(text, in: bytes) else { return }
      edits.append(Edit(range: text, replacement: plain))
    }
    return edits
  }

  /// The edits of all questions of an `input_required` result, or of a task that asks.
  @EventLoop
  static func edits(
    inRequests requests: ByteRange, in bytes: RawSpan, _ service: Service
  ) -> [Edit] {
    var found: [Edit] = []
    JSON.forEachMember(of: requests, in: bytes) { _, request in
      let method = Method(JSON.member("method", of: request, in: bytes), in: bytes)
      found += edits(method, JSON.member("params", of: request, in: bytes), in: bytes, service)
    }
    return found
  }

  /// Whether a client may be asked everything that a task asks, by what it can and may be.
  static func isAllowed(
    _ requests: ByteRange, in bytes: RawSpan, _ abilities: ClientAbilities
  ) -> Bool {
    var needs: ClientAbilities = []
    JSON.forEachMember(of: requests, in: bytes) { _, request in
      let method = Method(JSON.member("method", of: request, in: bytes), in: bytes)
      let params = JSON.member("params", of: request, in: bytes)
      if let question = Question(method, params: params, in: bytes) {
        needs.formUnion(question.needs)
      }
    }
    return needs.isSubset(of: abilities)
  }
}

extension Gateway {
  /// A service asks for what only the client can answer.
  func asked(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, by service: Service,
    on backend: ServiceBackend
  ) {
    let isHidden = isHidden(service)
    let edits =
      isHidden ? [] : Asking.edits(envelope.method, envelope.params, in: line.bytes, service)
    guard !edits.isEmpty else {
      // A client that is not shown a service is not asked by it.
      return session.reverse.receive(
        line, envelope, from: backend, allowed: isHidden ? [] : service.allowed)
    }
    Splice(edits).applied(to: line.bytes).withUnsafeBytes { edited in
      guard let envelope = try? Envelope.scan(edited.bytes) else { return }
      session.reverse.receive(edited, envelope, from: backend, allowed: service.allowed)
    }
  }
}

extension ClientAbilities {
  /// What a service may ask for that a manifest allows these.
  init(allowed questions: [ClientQuestion]) {
    self.init(rawValue: 0)
    for question in questions {
      switch question {
      case .roots:
        insert(.roots)
        insert(.rootsChanges)
      case .sampling:
        insert(.sampling)
        insert(.samplingTools)
        insert(.samplingContext)
      case .elicitation:
        insert(.forms)
        insert(.urls)
      }
    }
  }
}
