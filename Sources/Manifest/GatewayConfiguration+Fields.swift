import YAML

// The keys of gateway.yaml. `config/gateway.yaml` tells the reasons for the defaults.

extension GatewayConfiguration {
  /// The longest span that any key takes.
  static let longest = Duration.seconds(86_400)

  static let fields: [Field<GatewayConfiguration>] = [
    .distinctNames(
      "plugins", \.plugins, of: "plugin", "Installed plugins to serve, by name."),
    .section("log", \.log, "What is written to stderr.", { Log.fields }),
    .section("limits", \.limits, "How much of everything.", { Limits.fields }),
    .section("deadlines", \.deadlines, "How long answers may take.", { Deadlines.fields }),
    .section(
      "discovery", \.discovery, "Asking services for the first time what they offer.",
      { Discovery.fields }),
    .section("tasks", \.tasks, "Tasks that the gateway makes of calls.", { Tasks.fields }),
    .section("processes", \.processes, "Child processes.", { Processes.fields }),
    .section("stop", \.stop, "How processes and the gateway end.", { Stop.fields }),
    .section("stderr", \.stderr, "What services write to their stderr.", { Stderr.fields }),
    .section("health", \.health, "Watching how services do.", { Health.fields }),
    .section("alerts", \.alerts, "Who is told when one does badly.", { Alerts.fields }),
    .section("surface", \.surface, "What the gateway tells its client.", { Surface.fields }),
    .section("metrics", \.metrics, "Where figures go.", { Metrics.fields }),
    .section(
      "breaker", \.breaker, "Services that do not answer are left alone.", { Breaker.fields }),
    .section("retry", \.retry, "Calls that are sent again.", { Retry.fields }),
    .section("cache", \.cache, "Results that are given again.", { Cache.fields }),
    .profiles("profiles", \.profiles, "What clients are shown, by the name of a profile."),
  ]
}

extension GatewayConfiguration.Log {
  static let fields: [Field<Self>] = [
    .choice("level", \.level, "The least important event that is logged.")
  ]
}

extension GatewayConfiguration.Limits {
  private static let message: ClosedRange<UInt64> = 1 << 10...1 << 30
  private static let span = Duration.milliseconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .size("client_message", \.clientMessage, in: message, "The longest line from the client."),
    .size("backend_message", \.backendMessage, in: message, "The longest line from a service."),
    .integer(
      "client_calls", \.clientCalls, in: 1...1_000_000,
      "Requests of the client that are not answered yet; more are refused."),
    .integer(
      "backend_calls", \.backendCalls, in: 1...1_000_000,
      "Calls that one service works on at a time, where its manifest does not say."),
    .integer(
      "queued_calls", \.queuedCalls, in: 0...1_000_000,
      "Calls that wait for one service, where its manifest does not say; more are refused."),
    .integer(
      "running_calls", \.runningCalls, in: 1...1_000_000,
      "Calls that all processes together work on; more wait for their turn."),
    .integer(
      "waiting_calls", \.waitingCalls, in: 0...1_000_000,
      "Calls that wait for all processes together; more are refused."),
    .size(
      "waiting_bytes", \.waitingBytes, in: 1 << 10...1 << 34,
      "Bytes of the calls that wait; what is beyond is refused."),
    .size(
      "queued_bytes", \.queuedBytes, in: message,
      "Bytes that wait to be written to one service; a single message may be larger."),
    .span(
      "stalled_write", \.stalledWrite, in: span,
      "A service that reads nothing for this long is restarted."),
    .size(
      "client_output", \.clientOutput, in: message,
      "Bytes that wait for the client before services are no longer read."),
    .integer("page", \.page, in: 1...20_000, "Entries on one page of a list."),
  ]
}

extension GatewayConfiguration.Deadlines {
  private static let span = Duration.milliseconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .span("call", \.call, in: span, "A call, where nothing else says; progress extends it."),
    .span("absolute", \.absolute, in: span, "A call with all extensions."),
    .span("input", \.input, in: span, "What a service asks of the client or its user."),
    .span("initialize", \.initialize, in: span, "From starting a process to its handshake."),
    .span("probe", \.probe, in: span, "The question which era of MCP a service speaks."),
  ]
}

extension GatewayConfiguration.Discovery {
  private static let span = Duration.milliseconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .span(
      "wait", \.wait, in: .zero...GatewayConfiguration.longest,
      "How long the first list waits for services that were never asked."),
    .integer("parallel", \.parallel, in: 1...256, "Services asked at the same time."),
    .span("deadline", \.deadline, in: span, "For one service, from its own start."),
  ]
}

extension GatewayConfiguration.Tasks {
  private static let span = Duration.milliseconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .span(
      "after", \.after, in: span,
      "How long a call of a modern client may take before it is answered with a task."),
    .span("keep", \.keep, in: span, "A task is forgotten this long after its creation, or sooner."),
    .integer("count", \.count, in: 0...100_000, "Tasks that are kept at the same time."),
    .size("results", \.results, in: 1 << 10...1 << 34, "Bytes of the results of all tasks."),
  ]
}

extension GatewayConfiguration.Processes {
  private static let span = Duration.seconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .integer("parallel", \.parallel, in: 1...256, "Processes started at the same time."),
    .span(
      "idle", \.idle, in: span,
      "A process without a call for this long is stopped, where its manifest does not say."),
  ]
}

extension GatewayConfiguration.Stop {
  private static let span = Duration.zero...Duration.seconds(600)

  static let fields: [Field<Self>] = [
    .span("close", \.close, in: span, "From closing a process's input to SIGTERM."),
    .span("terminate", \.terminate, in: span, "From SIGTERM to SIGKILL."),
    .span("drain", \.drain, in: span, "For calls in flight after the client has gone."),
  ]
}

extension GatewayConfiguration.Stderr {
  static let fields: [Field<Self>] = [
    .size("line", \.line, in: 80...1 << 20, "The longest line that is kept; the rest is cut."),
    .integer("rate", \.rate, in: 0...1_000_000, "Lines a second that one service may log."),
    .size(
      "quoted", \.quoted, in: 0...4096,
      "Bytes of each of the newest lines that an error message quotes."),
  ]
}

extension Field {
  /// Names of services or plugins, none of them twice.
  static func distinctNames(
    _ key: String, _ path: @autoclosure @escaping Path<[String]>, of kind: String, _ about: String
  ) -> Field {
    value(
      key, path(), about, .list(.text(.service)),
      show: { "[" + $0.joined(separator: ", ") + "]" },
      parse: { node, reader in
        var seen: Set<String> = []
        return reader.list(node) { node, reader in
          guard let name = reader.text(node, .service) else { return nil }
          guard seen.insert(name).inserted else {
            reader.report("the \(kind) '\(name)' is named twice", at: node.position)
            return nil
          }
          return name
        }
      })
  }
}
