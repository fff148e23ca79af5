import CCurl
import Glibc
import Loop
import Resilience

/// One of libcurl's multi handles on the loop: it tells us which sockets and which time to wait
/// for, we tell it what happened. It keeps the connections of one origin.
///
/// Handles are added and removed only while libcurl is not on the stack; `isInside` tells.
@EventLoop
final class CurlMulti {
  let library: CurlLibrary
  /// Called after libcurl did something, when it is off the stack.
  var settled: @EventLoop () -> Void = {}
  /// Whether one of libcurl's functions is on the stack.
  private(set) var isInside = false

  private let handle: UnsafeMutableRawPointer
  private var members: [UnsafeMutableRawPointer: CurlEasy] = [:]
  private var watches: [Int32: SocketWatch] = [:]
  /// Who has a watch of each number: what is closed unheard may be opened for another origin.
  private static var holders: [Int32: Holder] = [:]
  /// Sockets that were opened for libcurl and not closed by it yet. Their watches are kept
  /// between requests.
  private var sockets: Set<Int32> = []
  /// What libcurl takes each number for being watched for, until it says that it is not.
  private var wanted: [Int32: Int32] = [:]
  private lazy var timer = LoopTimer { [unowned self] in timerFired() }
  /// When libcurl wants to be called, and when the timer will fire: at that time or before.
  private var due = Instant.distantFuture
  private var armedFor = Instant.distantFuture
  /// libcurl wants to be called at once.
  private var isDue = false
  private var isClosed = false

  /// Fails where libcurl has no memory, or does not know what we need of it.
  init(_ library: CurlLibrary, connections: Int) throws(HTTPError) {
    self.library = library
    guard let handle = library.table.pointee.multi_init() else {
      throw HTTPError(.unavailableLibrary, .notSent, "libcurl has no memory")
    }
    self.handle = handle
    let me = Unmanaged.passUnretained(self).toOpaque()
    let table = library.table
    let count = max(1, connections)
    let codes = [
      curl_table_multi_set_pointer(table, handle, CURLMOPT_SOCKETDATA, me),
      curl_table_multi_set_socket(table, handle, socketWanted),
      curl_table_multi_set_pointer(table, handle, CURLMOPT_TIMERDATA, me),
      curl_table_multi_set_timer(table, handle, timerWanted),
      curl_table_multi_set_long(table, handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, count),
      curl_table_multi_set_long(table, handle, CURLMOPT_MAXCONNECTS, count),
      curl_table_multi_set_long(table, handle, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
    ]
    guard codes.allSatisfy({ $0 == CURLM_OK }) else {
      _ = table.pointee.multi_cleanup(handle)
      throw HTTPError(.unavailableLibrary, .notSent, "libcurl lacks an option that is needed")
    }
  }

  isolated deinit { close() }

  func add(_ easy: CurlEasy) -> CURLMcode {
    members[easy.handle] = easy
    let code = inside { library.table.pointee.multi_add_handle(handle, easy.handle) }
    if code != CURLM_OK { members[easy.handle] = nil }
    return code
  }

  /// Its connection is closed unless the transfer had ended.
  func remove(_ easy: CurlEasy) {
    guard members.removeValue(forKey: easy.handle) != nil else { return }
    _ = inside { library.table.pointee.multi_remove_handle(handle, easy.handle) }
  }

  /// Goes on with what `CURL_WRITEFUNC_PAUSE` or `CURL_READFUNC_PAUSE` stopped.
  func unpause(_ easy: CurlEasy) {
    _ = inside { library.table.pointee.easy_pause(easy.handle, CURLPAUSE_CONT) }
  }

  /// Does what libcurl wants to be done at once, then answers with an ended transfer, if any.
  func takeEnded() -> (easy: CurlEasy, code: CURLcode)? {
    runDue()
    var left: Int32 = 0
    while let message = library.table.pointee.multi_info_read(handle, &left) {
      guard curl_message_is_done(message) != 0, let easy = message.pointee.easy_handle,
        let member = members[easy]
      else { continue }
      return (member, curl_message_result(message))
    }
    return nil
  }

  /// Closes every connection. All members must have been removed.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    isInside = true
    _ = library.table.pointee.multi_cleanup(handle)
    isInside = false
    for socket in watches.keys { forget(socket) }
    timer.stop()
  }

  private func runDue() {
    // Each round may ask for another at once; a bound keeps one origin from starving the loop.
    var rounds = 0
    while isDue && rounds < 32 {
      isDue = false
      rounds += 1
      socketAction(-1, 0)
    }
    guard isDue else { return }
    due = .zero
    armedFor = .zero
    timer.start(at: .zero)
  }

  private func act(_ socket: Int32, _ events: Int32) {
    guard !isClosed else { return }
    socketAction(socket, events)
    settled()
  }

  private func socketAction(_ socket: Int32, _ events: Int32) {
    var running: Int32 = 0
    _ = inside { library.table.pointee.multi_socket_action(handle, socket, events, &running) }
  }

  private func inside<Value>(_ body: () -> Value) -> Value {
    let wasInside = isInside
    isInside = true
    defer { isInside = wasInside }
    return body()
  }

  // MARK: What libcurl calls

  /// libcurl wants to hear of a socket, or no more.
  func want(_ socket: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      wanted[socket] = nil
      return unwant(socket)
    }
    wanted[socket] = what
    if watches[socket] == nil {
      watches[socket] = try? SocketWatch(socket: socket) { [unowned self] readiness in
        act(socket, readiness.rawValue)
      }
      if watches[socket] != nil { Self.holders[socket] = Holder(multi: self) }
    }
    // The bits of CURL_POLL_IN and CURL_POLL_OUT are those of `Readiness`.
    watches[socket]?.watch(for: SocketWatch.Readiness(rawValue: what & 3))
  }

  /// libcurl waits for nothing on a socket that it keeps, or has closed.
  ///
  /// Of a connection that never came to be, version 7.88 closes the socket without a word: its
  /// number may be another's at once, which a watch that is kept would take for the one it knows.
  private func unwant(_ socket: Int32) {
    guard sockets.contains(socket), fcntl(socket, F_GETFD) >= 0 else {
      sockets.remove(socket)
      return forget(socket)
    }
    watches[socket]?.watch(for: [])
  }

  fileprivate func want(inMilliseconds delay: Int) {
    if delay == 0 {
      isDue = true
      // Called from within libcurl, after which somebody asks for what has ended.
      return
    }
    isDue = false
    due =
      delay < 0 ? .distantFuture : EventLoop.turnTime.advanced(byNanoseconds: nanoseconds(delay))
    // Each request moves the time on; a timer that fires too early is set anew then.
    guard due < armedFor else { return }
    armedFor = due
    timer.start(at: due)
  }

  private func nanoseconds(_ milliseconds: Int) -> Int64 {
    Int64(clamping: min(milliseconds, 86_400_000)) * 1_000_000
  }

  private func timerFired() {
    armedFor = .distantFuture
    guard due <= EventLoop.now else {
      armedFor = due
      return timer.start(at: due)
    }
    due = .distantFuture
    act(-1, 0)
  }

  /// A watch that is still there is of an earlier socket with this number. Where libcurl has not said
  /// that it is over, it takes the new one for watched too, and will not ask again.
  func opened(_ socket: Int32) {
    forget(socket)
    if let other = Self.holders[socket]?.multi { other.lost(socket) }
    sockets.insert(socket)
    if let what = wanted[socket] { want(socket, what) }
  }

  fileprivate func closing(_ socket: Int32) {
    sockets.remove(socket)
    forget(socket)
    Glibc.close(socket)
  }

  /// Its number is another origin's now.
  private func lost(_ socket: Int32) {
    sockets.remove(socket)
    forget(socket)
  }

  private func forget(_ socket: Int32) {
    guard let watch = watches.removeValue(forKey: socket) else { return }
    watch.close()
    Self.holders[socket] = nil
  }

  /// It has a watch as long as it stands here, and gives all of them up before it ends.
  private struct Holder {
    unowned let multi: CurlMulti
  }
}

private let enterSocket = CurlEntrance<CurlMulti, (Int32, Int32)> { $0.want($1.0, $1.1) }
private let enterTimer = CurlEntrance<CurlMulti, Int> { $0.want(inMilliseconds: $1) }
private let enterClose = CurlEntrance<CurlMulti, Int32> { $0.closing($1) }

private func socketWanted(
  _: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32,
  _ multi: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?
) -> Int32 {
  enterSocket(multi, (socket, what))
  return 0
}

private func timerWanted(
  _: UnsafeMutableRawPointer?, _ delay: Int, _ multi: UnsafeMutableRawPointer?
) -> Int32 {
  enterTimer(multi, delay)
  return 0
}

/// For CURLOPT_CLOSESOCKETFUNCTION, whose data is the multi: a connection outlives the easy handle
/// that opened it.
func socketClosing(_ multi: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
  enterClose(multi, socket)
  return 0
}
