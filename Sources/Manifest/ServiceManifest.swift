import YAML

/// What one manifest describes, checked and complete.
package struct ServiceManifest: Sendable {
  /// `[A-Za-z0-9_-]`, at most 32 bytes; the file's name where the manifest has none.
  package var name: String
  package var description: String?
  package var isEnabled = true
  package var process = ProcessSpec()
  /// What the service is if it is no process: an HTTP API, which `process` says nothing about.
  package var rest: REST.Service?
  /// What the service is if it is reached over HTTP and speaks MCP.
  package var remote: RemoteService?
  package var tools = ToolRules()
  package var resources = ResourceRules()
  /// 0 to 100; services with more come first in lists.
  package var priority = 50
  package var limits = ServiceLimits()
  /// Services of one group are interchangeable for the tools they share.
  package var group: String?
  /// Calls stay with the member of the group that answered last, as long as it is there.
  package var isSticky = false
  /// What it may ask of its client, and through it of the client's user or model.
  package var asks = ClientQuestion.allCases
  /// Services that must be ready before this one starts, by name.
  package var after: [String] = []
  /// Where the manifest says so.
  var afterPosition: Position?
  var commandPosition: Position?
  package var health = ServiceHealthRules()
  /// Methods of its own that clients may call and notify.
  package var methods: [NamePattern] = []
  /// The path of the manifest.
  package var file: String
  /// What it says key by key, for comparing it with another reading.
  package var parts = ManifestParts()

  package init(name: String, file: String) {
    self.name = name
    self.file = file
  }

  /// What names of tools and prompts begin with: `tools.prefix`, or the name of the group, or else
  /// of the service, and `_`.
  package var prefix: String { tools.prefix ?? (group ?? name) + "_" }

  /// Whether a method that the protocol does not define is the service's.
  package func claims(_ method: some Collection<UInt8>) -> Bool {
    methods.contains { $0.matches(method) }
  }
}

/// A kind of request that a service may make of its client.
package enum ClientQuestion: String, CaseIterable, Sendable {
  case roots, sampling, elicitation
}

/// How much of a service may be used at once.
package struct ServiceLimits: Hashable, Sendable {
  /// Calls that are with the service at the same time.
  package var concurrent = 1_024
  /// Calls that wait for the service.
  package var queue = 1_024
  /// The deadline of a call that does not bring its own; progress may extend it.
  package var timeout = Duration.seconds(60)

  package init() {}
}

/// The child process that is the service.
package struct ProcessSpec: Sendable {
  /// An absolute path, or a name without a slash to be looked up in `PATH`.
  package var command = ""
  package var arguments: [String] = []
  /// What is added to the short list that every child gets, in the order of the file.
  package var environment: [EnvironmentVariable] = []
  /// Absolute.
  package var directory = ""
  package var start = StartPolicy.onDemand
  /// How long without a call until the process is stopped; `always` never stops.
  package var idle = Duration.seconds(300)
  package var protocolChoice = ProtocolChoice.auto
  /// Bytes of data the process may allocate (RLIMIT_DATA); nil is no limit.
  package var memory: UInt64?
  /// The SHA-256 of the program, in lower-case hexadecimal digits; empty where none is said.
  package var sha256 = ""
  /// What it is made of, if that is for us to install.
  package var python = PythonPackages()

  package init() {}
}

/// A variable of a child's environment.
package struct EnvironmentVariable: Sendable {
  package var name: String
  /// Kept from messages and logs whether it came from a secret or not.
  package var value: Secret
  /// What the service itself may not say in its log either: what came from secrets, and the value
  /// where the name says what it is.
  package var confidential: [Secret]

  /// - Parameter secrets: those that are part of the value.
  package init(name: String, value: Secret, secrets: [Secret] = []) {
    self.name = name
    self.value = value
    confidential = secrets + (Self.isConfidential(name) ? [value] : [])
  }

  private static let endings = ["TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS"]

  /// `GITHUB_TOKEN` and `apiKey`, and not `KEY_FILE`, which says where something is.
  private static func isConfidential(_ name: String) -> Bool {
    let words = name.uppercased().utf8.split(separator: UInt8(ascii: "_"))
    guard let last = words.last,
      !["FILE", "PATH", "DIR"].contains(where: { last.elementsEqual($0.utf8) })
    else { return false }
    return words.contains { word in
      endings.contains { word.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }
  }
}

/// When a process is started.
package enum StartPolicy: String, CaseIterable, Sendable {
  /// With the first call.
  case onDemand = "on-demand"
  /// Early; stops when idle.
  case warm
  /// Early; never stops for idleness.
  case always
}

/// Which era of MCP a service is spoken to in.
package enum ProtocolChoice: String, CaseIterable, Sendable {
  /// Probed once per command and remembered.
  case auto
  case legacy
  case modern = "2026-07-28"
}
