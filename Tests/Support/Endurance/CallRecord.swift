package import Resilience

/// What the client knows of one of its calls: the first of the three ledgers.
package struct CallRecord: Sendable {
  package enum Tool: String, CaseIterable, Sendable {
    case echo, digest, slow, fail, crash

    /// Whether the manifests declare that it may be called twice.
    package var isDeclaredSafe: Bool { self == .digest || self == .slow }
  }

  package var number: Int
  package var tool: Tool
  package var group: String
  package var sent: Instant
  package var cancelled: Instant?
  package var answers: [CallAnswer] = []
  /// Before any.
  package var lastProgress = -1.0
  /// What it is expected to bring back.
  package var expected: String

  package init(number: Int, tool: Tool, group: String, sent: Instant, expected: String = "") {
    self.number = number
    self.tool = tool
    self.group = group
    self.sent = sent
    self.expected = expected
  }

  /// The id as JSON: every second one is a text.
  package var id: String { Self.id(number) }
  static func id(_ number: Int) -> String {
    number.isMultiple(of: 2) ? String(number) : "\"\(number)\""
  }

  /// The name of its execution in the ledger of the services.
  package var uuid: String { "c\(number)" }
}

/// One answer to a call.
package struct CallAnswer: Sendable {
  package enum Kind: Sendable {
    case result(isError: Bool)
    case error(CallFailure)
  }

  package var at: Instant
  package var kind: Kind
  /// Whether it is the answer to this call and to no other.
  package var isRight: Bool

  package init(at: Instant, kind: Kind, isRight: Bool = true) {
    self.at = at
    self.kind = kind
    self.isRight = isRight
  }
}

/// An error that a call was answered with.
package struct CallFailure: Hashable, Sendable {
  package var code: Int
  /// Whose error it is: "gateway", or something else.
  package var source: String
  package var backend: String
  package var wasSent: Bool
  package var outcome: String
  package var attempts: Int
  package var text: String

  package init(
    code: Int, source: String = "gateway", backend: String, wasSent: Bool, outcome: String,
    attempts: Int = 1, text: String = ""
  ) {
    self.code = code
    self.source = source
    self.backend = backend
    self.wasSent = wasSent
    self.outcome = outcome
    self.attempts = attempts
    self.text = text
  }
}
