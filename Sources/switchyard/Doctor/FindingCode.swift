/// Everything that `switchyard doctor` can find, under a name that stays.
///
/// `docs/errors.md` has a section for each; a test keeps both equal.
enum FindingCode: String, CaseIterable {
  case commandMissing = "command-missing"
  case commandNotExecutable = "command-not-executable"
  case interpreterMissing = "interpreter-missing"
  case nodeTooOld = "node-too-old"
  case pythonTooOld = "python-too-old"
  case directoryMissing = "directory-missing"
  case environmentMissing = "environment-missing"
  case lockMissing = "lock-missing"
  case environmentUnused = "environment-unused"
  case programChanged = "program-changed"
  case programExposed = "program-exposed"
  case variableMissing = "variable-missing"
  case secretMissing = "secret-missing"
  case manifestBroken = "manifest-broken"
  case settingsBroken = "settings-broken"
  case configurationKept = "configuration-kept"
  case fileRefused = "file-refused"
  case filePermissions = "file-permissions"
  case portClosed = "port-closed"
  case certificateUnusable = "certificate-unusable"
  case loginUnusable = "login-unusable"
  case eraWrong = "era-wrong"
  case crashLoop = "crash-loop"
  case serviceFailed = "service-failed"
  case serviceWasDown = "service-was-down"
  case serviceSwitchedOff = "service-switched-off"
  case nameTooLong = "name-too-long"
  case nameTaken = "name-taken"
  case tooManyTools = "too-many-tools"
  case toolUnknown = "tool-unknown"
  case leakedProcess = "leaked-process"
  case staleSocket = "stale-socket"
  case gatewaySilent = "gateway-silent"
  case gatewayOutdated = "gateway-outdated"
  case gatewayMissing = "gateway-missing"
  case stateLocked = "state-locked"
  case stateUnusable = "state-unusable"
  case nothingConfigured = "nothing-configured"
  case clientUnreadable = "client-unreadable"
  case clientUnregistered = "client-unregistered"

  enum Severity: String, Comparable {
    case note, warning, error

    static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// How bad it is; only errors keep something from working.
  var severity: Severity {
    switch self {
    case .serviceSwitchedOff, .nothingConfigured, .clientUnregistered, .staleSocket,
      .environmentMissing, .environmentUnused:
      .note
    case .nodeTooOld, .pythonTooOld, .filePermissions, .nameTooLong, .tooManyTools, .toolUnknown,
      .leakedProcess, .gatewayOutdated, .stateLocked, .stateUnusable, .serviceWasDown,
      .clientUnreadable:
      .warning
    default: .error
    }
  }

  /// What it means: one or two sentences.
  var explanation: String { Self.texts[self]?.explanation ?? "" }

  /// What to do.
  var fix: String { Self.texts[self]?.fix ?? "" }

  /// The section of the page.
  var page: String {
    "## \(rawValue)\n\n\(explanation)\n\nFix: \(fix)\n"
  }
}
