/// A server as some list describes it: what a manifest can be made of.
package struct FoundServer: Hashable, Sendable {
  /// A variable of its environment, or a header of its requests.
  package struct Variable: Hashable, Sendable {
    package var name: String
    package var value: FoundText
    /// The list says that it is to be kept from others.
    package var isSecret = false

    package init(name: String, value: FoundText, isSecret: Bool = false) {
      self.name = name
      self.value = value
      self.isSecret = isSecret
    }
  }

  /// A process that speaks over its standard streams.
  package struct Launch: Hashable, Sendable {
    package var command: FoundText
    package var arguments: [FoundText] = []
    package var environment: [Variable] = []
    package var directory: FoundText?

    package init(command: FoundText, arguments: [FoundText] = []) {
      self.command = command
      self.arguments = arguments
    }
  }

  /// A server that is reached over HTTP.
  package struct Endpoint: Hashable, Sendable {
    package var url: FoundText
    package var headers: [Variable] = []
    /// The list says that it is HTTP with server-sent events, of 2024.
    package var isSSE = false

    package init(url: FoundText) { self.url = url }
  }

  package enum Way: Hashable, Sendable {
    case process(Launch)
    case remote(Endpoint)
  }

  /// As the list calls it.
  package var name: String
  package var description: String?
  package var way: Way
  package var isDisabled = false
  package var questions: [Question] = []
  /// What the list says and a manifest cannot.
  package var notes: [String] = []

  package init(name: String, _ way: Way) {
    self.name = name
    self.way = way
  }

  /// A process, from words without references.
  package init(name: String, command: String, arguments: [String] = []) {
    self.init(
      name: name,
      .process(Launch(command: FoundText(command), arguments: arguments.map { FoundText($0) })))
  }
}

/// A server that cannot be taken over, and why.
package struct LeftServer: Error, Hashable, Sendable {
  package var name: String
  package var why: String

  package init(name: String, why: String) {
    self.name = name
    self.why = why
  }
}
