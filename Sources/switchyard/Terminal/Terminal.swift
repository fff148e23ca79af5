import Glibc
import RawJSON
import Synchronization

/// One of the two descriptors that people read, and what it can show.
struct Terminal: Sendable {
  let descriptor: Int32
  /// Whether a person sees the text at once, rather than a file or another program.
  let isInteractive: Bool
  /// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set or it is dumb.
  let hasColors: Bool

  static let output = Terminal(descriptor: 1)
  static let error = Terminal(descriptor: 2)

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    isInteractive = isatty(descriptor) == 1
    let isPlain = Process.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    hasColors = isInteractive && !isPlain && Process.environment["TERM"] != "dumb"
  }

  func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes all of it, however slowly it is read; gives up when nobody reads.
  func write(_ bytes: [UInt8]) {
    var at = 0
    while at < bytes.count {
      let count = bytes[at...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        at += count
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&wait, 1, -1)
      } else if errno != EINTR {
        return Self.noteFailure(errno, of: descriptor)
      }
    }
  }

  /// Why standard output did not take all of it (errno), or 0.
  private static let outputFailure = Atomic<Int32>(0)

  /// A reader that has seen enough (`| head`) is no failure; a full disk is.
  private static func noteFailure(_ code: Int32, of descriptor: Int32) {
    guard descriptor == output.descriptor, code != EPIPE else { return }
    outputFailure.store(code, ordering: .relaxed)
  }

  /// What went wrong with standard output, in the words of the system; nil if nothing did.
  static var outputTrouble: String? {
    let code = outputFailure.load(ordering: .relaxed)
    return code == 0 ? nil : String(cString: strerror(code))
  }

  /// Waits until somebody has stopped reading, or for `milliseconds`; a signal ends it too.
  ///
  /// - Returns: whether nobody reads any more.
  func waitsInVain(_ milliseconds: Int32) -> Bool {
    var watched = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&watched, 1, milliseconds) > 0
  }

  /// The number of columns, 80 when that is unknown.
  var width: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// The number of lines, 24 when that is unknown.
  var height: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
    return Int(size.ws_row)
  }

  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  /// The text in a style where styles can be shown.
  func styled(_ text: String, _ style: Style) -> String {
    hasColors ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// The text with control characters made visible, so that no peer can steer a terminal.
  ///
  /// - Parameter keepsLines: leaves line feeds and tabs as they are.
  func printable(keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0x09 where keepsLines, 0x0A where keepsLines: result.unicodeScalars.append(scalar)
      default:
        if scalar.isHarmless {
          result.unicodeScalars.append(scalar)
        } else {
          result += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return result
  }
}
