import Backend
import Loop
import MCP
import Resilience
import Telemetry

/// What a service needs from the gateway around it.
@EventLoop
protocol ServiceHost: AnyObject {
  var startQueue: StartQueue { get }
  /// What all services have of calls together.
  var callLoad: CallLoad { get }
  var log: Log { get }
  /// Where proxies are named.
  var environment: [String: String] { get }
  /// The folder of the state file, where logins are.
  var stateFolder: String { get }
  var breakerLimits: CircuitBreaker.Limits { get }
  /// How long the probe of a breaker may take.
  var probePatience: Duration { get }
  /// The era of the client's newest request.
  var clientEra: Era { get }
  /// Whether the services that this one comes after are there; starts them.
  func standing(of service: Service, tries: Bool) -> DependencyStanding
  /// Whether a service that comes after this one has a process.
  func isNeeded(_ service: Service) -> Bool
  func launch(_ service: Service) throws(Launch.Failure) -> ChildSpec
  func settings(for service: Service) -> BackendSettings
  func knownEra(of service: Service) -> Era?
  /// What the tools of a remote service want in headers, as far as it is known.
  func parameterHeaders(of service: Service) -> [[UInt8]: ParameterHeaders]
  /// Whether nothing is known against its speaking this era too.
  func mayAlsoSpeak(_ era: Era, _ service: Service) -> Bool
  /// Remembers in which era a process is spoken to.
  func noteEra(of service: Service, on backend: ServiceBackend)
  /// Whether a process was told less about the client than is known now.
  func isOutdated(_ backend: ServiceBackend, of service: Service) -> Bool
  func childStarted(_ backend: ServiceBackend, of service: Service)
  func childGone(_ backend: ServiceBackend, of service: Service)
  func serviceIsReady(_ service: Service, on backend: ServiceBackend)
  /// A process is ready and nothing has been sent to it yet.
  func service(_ service: Service, opened backend: ServiceBackend)
  /// A watched resource may be another since the service was started again.
  func resourceMayHaveChanged(_ uri: [UInt8], of service: Service)
  /// A running service has as many calls as it may have; others wait.
  func callsWait(for service: Service)
  /// A listed tool is unknown to its service.
  func toolMayBeGone(at service: Service)
  /// A request that wants log messages is about to be sent.
  func levelIsWanted(of service: Service, on backend: ServiceBackend)
  /// Tells clients that want to hear of such things.
  @discardableResult
  func tell(_ event: ServiceEvent, of service: Service) -> Bool
  func serviceFailed(_ service: Service, _ failure: BackendFailure)
  func phaseChanged(of service: Service)
  /// A process wrote a line that is no message.
  func wroteJunk(_ service: Service)
  func service(
    _ service: Service, received line: UnsafeRawBufferPointer, _ envelope: Envelope,
    from backend: ServiceBackend)
}
