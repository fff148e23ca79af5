import Backend
import Glibc
import Health
import Loop
import MCP
import Resilience
import Telemetry

// What stands at the moment, beside what was counted.
extension HealthWatch {
  var families: [MetricFamily] { metrics.families + serviceGauges + processGauges }

  /// All of it for Prometheus; the number of the process tells gateways of one machine apart.
  var prometheusText: [UInt8] {
    PrometheusText.of(families, common: [.init("gateway", String(getpid()))])
  }

  private var serviceGauges: [MetricFamily] {
    var states = MetricFamily(
      .gauge, "switchyard_service_state", open: "switchyard.service.state", unit: "1",
      "1 for the state that a service has, 0 for the others.")
    var breakers = MetricFamily(
      .gauge, "switchyard_breaker_closed", open: "switchyard.breaker.closed", unit: "1",
      "Whether calls to a service pass: 0 while its breaker is open.")
    var response = MetricFamily(
      .gauge, "switchyard_response_seconds", open: "switchyard.response", unit: "s",
      "The median of the latest health checks of a service.")
    var uptime = MetricFamily(
      .gauge, "switchyard_uptime_ratio", open: "switchyard.uptime", unit: "1",
      "The part of the time since the gateway began in which a service was not down.")
    var waiting = MetricFamily(
      .gauge, "switchyard_waiting_calls", open: "switchyard.waiting", unit: "{call}",
      "Calls that wait for a service.")
    var inFlight = MetricFamily(
      .gauge, "switchyard_in_flight_calls", open: "switchyard.in_flight", unit: "{call}",
      "Requests that are with a service.")
    let now = EventLoop.now
    for record in records {
      let label = MetricFamily.Label("service", record.name)
      for state in HealthState.allCases {
        states.add(record.health.state == state ? 1 : 0, label, .init("state", state.rawValue))
      }
      breakers.add(record.isBreakerClosed ? 1 : 0, label)
      if let time = record.health.responseTime {
        response.add(Double(time.inNanoseconds) / 1_000_000_000, label)
      }
      if let percent = record.health.uptime.percent(at: now) { uptime.add(percent / 100, label) }
      guard let service = record.service else { continue }
      waiting.add(Double(service.waiting.count), label)
      inFlight.add(Double(service.liveBackends.reduce(0) { $0 + $1.inFlight }), label)
    }
    return [states, breakers, response, uptime, waiting, inFlight]
  }

  private var processGauges: [MetricFamily] {
    var memory = MetricFamily(
      .gauge, "switchyard_memory_bytes", open: "process.memory.usage", unit: "By",
      "Resident memory of the gateway, without its services.")
    memory.add(Double(Self.residentMemory))
    var uptime = MetricFamily(
      .gauge, "switchyard_uptime_seconds", open: "process.uptime", unit: "s",
      "Since the gateway began.")
    uptime.add(Double((EventLoop.now - gateway.begun).inNanoseconds / 1_000_000_000))
    var requests = MetricFamily(
      .gauge, "switchyard_client_requests", open: "switchyard.client.requests", unit: "{request}",
      "Requests of the client that are not answered yet.")
    requests.add(Double(gateway.session.ledger.count))
    var dropped = MetricFamily(
      .counter, "switchyard_log_dropped_total", open: "switchyard.log.dropped", unit: "{line}",
      "Lines of the log that nobody read in time.")
    dropped.add(Double(Log.dropped))
    return [memory, uptime, requests, dropped]
  }

  /// Bytes, from /proc; 0 where that cannot be read.
  static var residentMemory: Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &bytes, bytes.count)
    let words = bytes.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
    guard words.count > 1, let pages = Int(String(decoding: words[1], as: UTF8.self)) else {
      return 0
    }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
