import Glibc

/// An MCP service over stdin and stdout.
///
///     try await Service("clock", version: "1.0", tools: [now]).run()
public struct Service: Sendable {
  let name: String
  let version: String
  let title: String?
  let instructions: String?
  let tools: [Tool]
  let prompts: [Prompt]
  let resources: [Resource]

  /// How long calls may go on after the client has closed stdin; clients kill after two seconds.
  static let drainTime = Duration.seconds(1)
  /// How long cancelled handlers may take to notice.
  static let cancelTime = Duration.milliseconds(300)

  /// Declares a service; the lists are offered in the order given here.
  /// - Parameter instructions: how to use the service as a whole, for models.
  public init(
    _ name: String, version: String, title: String? = nil, instructions: String? = nil,
    tools: [Tool] = [], prompts: [Prompt] = [], resources: [Resource] = []
  ) {
    self.name = name
    self.version = version
    self.title = title
    self.instructions = instructions
    self.tools = tools
    self.prompts = prompts
    self.resources = resources
  }

  /// Serves the client on stdin and stdout, and returns when the client has gone
  /// and the calls in flight are answered or given up.
  ///
  /// From here on, descriptor 0 is empty and descriptor 1 is stderr, so that what
  /// the process or its children print cannot disturb the protocol.
  /// - Throws: `ServiceError` when a name is not legal or stands twice, or a schema is not one.
  public func run() async throws {
    try check()
    signal(SIGPIPE, SIG_IGN)
    let input = fcntl(0, F_DUPFD_CLOEXEC, 3)
    let output = fcntl(1, F_DUPFD_CLOEXEC, 3)
    guard input >= 0, output >= 0 else { throw ServiceError(.noDescriptors) }
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, 0)
    dup2(2, 1)
    if nothing > 2 { close(nothing) }
    await serve(input: input, output: output)
  }

  /// Serves the client on these descriptors, which stay the caller's.
  func serve(input: Int32, output: Int32) async {
    let session = Session(service: self, output: Output(descriptor: output))
    await Connection(input: input, output: output, session: session).readUntilEnd()
    await session.calls.drain(patience: Self.drainTime)
    await session.calls.drain(patience: Self.cancelTime)
  }

  /// Finds what no client could use, before the first message.
  func check() throws(ServiceError) {
    for tool in tools where !Self.isLegal(tool.name) { throw ServiceError(.badName(tool.name)) }
    for prompt in prompts where !Self.isLegal(prompt.name) {
      throw ServiceError(.badName(prompt.name))
    }
    for tool in tools {
      if let problem = tool.problem { throw ServiceError(.badSchema(tool: tool.name, problem)) }
    }
    for names in [tools.map(\.name), prompts.map(\.name), resources.map(\.uri)] {
      var seen: Set<String> = []
      for name in names where !seen.insert(name).inserted { throw ServiceError(.duplicate(name)) }
    }
  }

  private static func isLegal(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

/// Why a service cannot start.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case badName(String)
    case duplicate(String)
    case badSchema(tool: String, String)
    case noDescriptors
  }

  public var reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  public var description: String {
    switch reason {
    case .badName(let name): "'\(name)' is not a name: use 1 to 64 of A-Z a-z 0-9 _ -"
    case .duplicate(let name): "'\(name)' is declared twice"
    case .badSchema(let tool, let problem): "the schema of '\(tool)': \(problem)"
    case .noDescriptors: "stdin and stdout are not open"
    }
  }
}
