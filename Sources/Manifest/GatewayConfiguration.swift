/// What `gateway.yaml` says; every key has a default, so the file may be missing.
///
/// Sizes are bytes, counts are counts, spans are `Duration`. The reasons for the
/// defaults stand in `config/gateway.yaml`, which a test holds to these values.
package struct GatewayConfiguration: Hashable, Sendable {
  /// Names of installed plugins to serve.
  package var plugins: [String] = []
  package var log = Log()
  package var limits = Limits()
  package var deadlines = Deadlines()
  package var discovery = Discovery()
  package var tasks = Tasks()
  package var processes = Processes()
  package var stop = Stop()
  package var stderr = Stderr()
  package var health = Health()
  package var alerts = Alerts()
  package var surface = Surface()
  package var metrics = Metrics()
  package var breaker = Breaker()
  package var retry = Retry()
  package var cache = Cache()
  /// What clients are shown, in the order of the file: the first that matches a client is its own.
  package var profiles: [Profile] = []

  package init() {}

  package static let defaults = GatewayConfiguration()
}

extension GatewayConfiguration {
  package struct Log: Hashable, Sendable {
    package var level = Level.info

    package static let defaults = Log()
  }

  /// From the one that says least to the one that says most.
  package enum Level: String, CaseIterable, Comparable, Sendable {
    case error, warning, info, debug, trace

    package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .error: 0
      case .warning: 1
      case .info: 2
      case .debug: 3
      case .trace: 4
      }
    }
  }

  package struct Limits: Hashable, Sendable {
    /// Bytes of one line from the client.
    package var clientMessage = 20 << 20
    /// Bytes of one line from a service.
    package var backendMessage = 32 << 20
    /// Requests of the client that are not answered yet.
    package var clientCalls = 10_000
    /// Requests that one service has and has not answered.
    package var backendCalls = 1_024
    /// Calls that wait for one service.
    package var queuedCalls = 1_024
    /// Calls that all processes together work on.
    package var runningCalls = 10_000
    /// Calls that wait for all of them together ...
    package var waitingCalls = 10_000
    /// ... and the bytes of these.
    package var waitingBytes = 256 << 20
    /// Bytes that wait to be written to one service; one message may be larger.
    package var queuedBytes = 8 << 20
    /// How long a service may leave its input unread before it is restarted.
    package var stalledWrite = Duration.seconds(30)
    /// Bytes that wait for the client before nothing more is read.
    package var clientOutput = 32 << 20
    /// Entries of one page of a list.
    package var page = 500

    package static let defaults = Limits()
  }

  package struct Deadlines: Hashable, Sendable {
    /// A call without its own; progress extends it.
    package var call = Duration.seconds(60)
    /// What nothing extends.
    package var absolute = Duration.seconds(900)
    /// What a service asks of the client.
    package var input = Duration.seconds(600)
    /// From the start of a process to the end of its handshake.
    package var initialize = Duration.seconds(20)
    /// The answer to the question which era a service speaks.
    package var probe = Duration.seconds(8)

    package static let defaults = Deadlines()
  }

  package struct Discovery: Hashable, Sendable {
    /// How long the first list waits for services never seen before.
    package var wait = Duration.seconds(10)
    /// Services discovered at the same time.
    package var parallel = 8
    /// For one service, counted from its own start.
    package var deadline = Duration.seconds(30)

    package static let defaults = Discovery()
  }

  package struct Tasks: Hashable, Sendable {
    /// A call of a modern client that takes longer becomes a task, where that is offered.
    package var after = Duration.seconds(5)
    /// From the creation of a task until it is forgotten, at most.
    package var keep = Duration.seconds(3_600)
    /// Tasks that are kept at the same time.
    package var count = 1_000
    /// Bytes of the results of all tasks.
    package var results = 64 << 20

    package static let defaults = Tasks()
  }

  package struct Processes: Hashable, Sendable {
    /// Processes started at the same time.
    package var parallel = 8
    /// How long without a call until a process is stopped, where its manifest does not say.
    package var idle = Duration.seconds(300)

    package static let defaults = Processes()
  }

  package struct Stop: Hashable, Sendable {
    /// From closing a process's input to SIGTERM.
    package var close = Duration.seconds(2)
    /// From SIGTERM to SIGKILL.
    package var terminate = Duration.seconds(3)
    /// For calls in flight when the client has gone.
    package var drain = Duration.seconds(1)

    package static let defaults = Stop()
  }

  package struct Stderr: Hashable, Sendable {
    /// Bytes of a line of a service's stderr; the rest is cut.
    package var line = 8 << 10
    /// Lines a second that reach the log from one service.
    package var rate = 100
    /// Bytes of each of the newest lines that an error message quotes.
    package var quoted = 200

    package static let defaults = Stderr()
  }
}
