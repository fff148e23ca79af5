// REST services: a manifest turns an HTTP API into MCP tools.
//
// The grammar is a small closed vocabulary. Every value of a call goes where its
// position says (a path segment, a query value, a header, a member of the body, a
// part of a form) and is encoded there; nothing is ever pasted into text, and no
// argument reaches the host. What is in here is checked and complete: names of
// lanes are indexes, defaults of the service are already in each operation, and a
// default of an argument obeys its type. Reading the values costs nothing; whoever
// executes them lives in `Backend`.
//
//     rest:                     REST.Service
//       url auth headers config envelope errors paging lanes batch limits ...
//     tools:
//       NAME:                   REST.Tool
//         arguments: {NAME: ..} REST.Argument: a ValueType, and a REST.Place
//         get: /path/{name}     REST.Operation
//         operations: [..]      the first REST.Operation whose condition holds
//         steps: [..]           REST.Step: call, each, until, batch, collect

/// The words of REST services.
package enum REST {
  /// An HTTP API and the tools that it is offered as.
  package struct Service: Sendable {
    package var address = Address()
    package var authentication = Authentication.none
    /// Sent with every request, in the order of the file.
    package var headers: [Header] = []
    /// Named values from the environment for `default_from` and references; empty ones are left out.
    package var config: [ConfigValue] = []
    package var errors = ErrorShape()
    package var lanes: [Lane] = []
    /// How the API takes several requests in one; nil if it does not.
    package var batch: BatchEndpoint?
    package var connections = Connections()
    /// In the order of the file; an alias is a tool of its own.
    package var tools: [Tool] = []

    package init() {}

    /// The value of a name in `config`; nil if it is empty or unknown.
    package func configured(_ name: String) -> String? {
      config.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
  }

  /// A header that is the same for every request. Its value has no control characters.
  package struct Header: Sendable {
    package var name: String
    /// Kept from messages and logs, since it may come from a secret.
    package var value: Secret

    package init(name: String, value: Secret) {
      self.name = name
      self.value = value
    }
  }

  /// A named value of `rest.config`; never empty.
  package struct ConfigValue: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Where an answer with a status of 400 or more says what is wrong.
  package struct ErrorShape: Hashable, Sendable {
    /// The API's message, such as `errors[].message`; nil shows the body.
    package var message: ValuePath?
    /// What the API advises, such as `errors[].help`.
    package var hint: ValuePath?

    package init() {}
  }

  /// How the API is connected to.
  package struct Connections: Hashable, Sendable {
    /// A file of certificates in PEM that are trusted instead of the system's; absolute.
    package var caFile: String?
    /// A unix socket to connect to in place of the host; absolute.
    package var socket: String?
    /// Whether the host may resolve to private addresses.
    package var allowsPrivateAddresses = false
    /// Connections at a time, kept for the next request.
    package var most = 16
    package var connectTimeout = Duration.seconds(10)
    /// Without a byte in either direction.
    package var idleTimeout = Duration.seconds(60)
    /// Times that a request is sent at most, where sending it twice is safe.
    package var attempts = 3
    /// Bytes of an answer, after decompression.
    package var answerLimit = 32 << 20
    /// Bytes of a request's body.
    package var bodyLimit = 32 << 20

    package init() {}
  }

  /// Where requests go. No argument of a call changes it.
  package struct Address: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable { case http, https }

    package var scheme = Scheme.https
    /// A name in lower case or an address, an IPv6 address without brackets.
    package var host = ""
    package var port = 443
    /// What every path begins with: empty, or `/` and segments without a last `/`.
    package var path = ""

    package init() {}

    /// Whether `host` is an address (RFC 3986, 3.2.2) or `localhost`, so that the manifest
    /// itself chose where requests go, private or not.
    package var isStatic = false
  }

  /// How the API knows us.
  package enum Authentication: Sendable {
    case none
    /// `Authorization: Bearer VALUE`
    case bearer(Secret)
    /// `Authorization: Basic` of both (RFC 7617).
    case basic(user: Secret, password: Secret)
    case header(name: String, Secret)
    case query(name: String, Secret)
  }
}
