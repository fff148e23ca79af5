import CCurl
import Glibc
import Loop

// What libcurl calls while it works on an easy handle. File-level functions, as the callbacks of
// libuv are; each enters the loop through `CurlEntrance`.

private let enterBody = CurlEntrance<CurlEasy, (UnsafeRawBufferPointer, Answer)> {
  $1.1.value = $0.transfer?.received($1.0) ?? 0
}
private let enterHeader = CurlEntrance<CurlEasy, (UnsafeRawBufferPointer, Answer)> {
  $1.1.value = $0.transfer?.receivedHeader($1.0) == true ? $1.0.count : 0
}
private let enterRead = CurlEntrance<CurlEasy, (UnsafeMutableRawBufferPointer, Answer)> {
  $1.1.value = $0.transfer?.readBody($1.0) ?? Int(CURL_READFUNC_ABORT)
}
private let enterRewind = CurlEntrance<CurlEasy, (Int, Answer)> {
  $1.1.value = Int(
    $0.transfer?.rewindBody(to: $1.0) == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL)
}
private let enterBegin = CurlEntrance<CurlEasy, Answer> {
  $0.attempts += 1
  let mayBegin = $0.transfer?.begins(attempt: $0.attempts) ?? false
  $1.value = Int(mayBegin ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
}
private let enterOpen = CurlEntrance<CurlEasy, (UnsafeMutablePointer<curl_sockaddr>, Answer)> {
  $1.1.value = Int($0.open($1.0))
}

/// What a callback answers, written on the loop.
private struct Answer: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<Int>

  var value: Int {
    get { memory.pointee }
    nonmutating set { memory.pointee = newValue }
  }

  static func asked(_ ask: (Answer) -> Void) -> Int {
    var value = 0
    withUnsafeMutablePointer(to: &value) { ask(Answer(memory: $0)) }
    return value
  }
}

func bodyCame(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ easy: UnsafeMutableRawPointer?
) -> Int {
  let memory = UnsafeRawBufferPointer(start: bytes, count: size &* count)
  return Answer.asked { enterBody(easy, (memory, $0)) }
}

func headerCame(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ easy: UnsafeMutableRawPointer?
) -> Int {
  let memory = UnsafeRawBufferPointer(start: bytes, count: size &* count)
  return Answer.asked { enterHeader(easy, (memory, $0)) }
}

func bodyWanted(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ easy: UnsafeMutableRawPointer?
) -> Int {
  let memory = UnsafeMutableRawBufferPointer(start: bytes, count: size &* count)
  return Answer.asked { enterRead(easy, (memory, $0)) }
}

func bodyRewound(
  _ easy: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32
) -> Int32 {
  guard origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
  return Int32(truncatingIfNeeded: Answer.asked { enterRewind(easy, (Int(offset), $0)) })
}

func requestBegins(
  _ easy: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?,
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32
) -> Int32 {
  Int32(truncatingIfNeeded: Answer.asked { enterBegin(easy, $0) })
}

func socketOpening(
  _ easy: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address else { return -1 }
  return Int32(truncatingIfNeeded: Answer.asked { enterOpen(easy, (address, $0)) })
}

extension CurlEasy {
  /// Opens a socket for the very address that will be connected to, unless that may not be: this
  /// is where a name that leads inside ends, however it came to that address (row S09).
  func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    guard mayConnect(address) else {
      hasRefusedAddress = true
      return -1
    }
    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(
      address.pointee.family, address.pointee.socktype | flags, address.pointee.protocol)
    if socket >= 0 { multi.opened(socket) }
    return socket
  }

  private func mayConnect(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
    if address.pointee.family == AF_UNIX { return origin.socketPath != nil }
    // libcurl's own structure goes on behind `addr`, as the length says.
    guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr),
      let target = IPAddress(
        socketAddress: UnsafeRawPointer(address) + offset, length: Int(address.pointee.addrlen))
    else { return false }
    return origin.proxy != nil || origin.allowsPrivateAddresses || !target.isSpecial
  }
}
