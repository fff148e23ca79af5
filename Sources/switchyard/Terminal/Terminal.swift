import Glibc
import RawJSON

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
        return
      }
    }
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
