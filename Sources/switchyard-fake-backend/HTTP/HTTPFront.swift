import Glibc
import MCP
import RawJSON

/// The same server over HTTP: a thread that takes requests on a port, gives their messages to the
/// server as lines on its stdin, and sends back what the server writes on its stdout. The process
/// ends with the stdin that it was started with, and whatever kills the server kills the front.
///
/// | path | what |
/// |---|---|
/// | `/mcp` | Streamable HTTP of both eras, with a session for legacy clients; an answer is JSON, or a stream where progress comes before it |
/// | `/sse`, `/message/N` | HTTP+SSE of 2024-11-05: what is sent to the place that a stream has named is answered on that stream |
/// | `/rest/TOOL` | POST with the arguments as JSON: `{"arguments": ..., "answer": ...}` |
///
/// SIGUSR1 resets every connection; after SIGUSR2 requests are refused with 503 or 429 for a while,
/// and nothing of them is executed.
struct HTTPFront {
  /// How long requests are refused after SIGUSR2.
  private static let refusalTime: Int64 = 150_000_000

  private let listener: Int32
  private let signals: Int32
  private let life: Int32
  private let toServer: Int32
  private let fromServer: Int32
  private var connections: [Int32: HTTPConnection] = [:]
  private var sessions: Set<String> = []
  private var pending: [UInt8] = []
  private var unfinished: [UInt8] = []
  /// Who waits for the answer to an id, and who for progress under a token.
  private var waiting: [[UInt8]: Int32] = [:]
  private var tokens: [[UInt8]: Int32] = [:]
  /// The streams of HTTP+SSE by their numbers, and who is answered on which: id -> its stream, and
  /// its progress token.
  private var numbered: [Int: Int32] = [:]
  private var streamsOpened = 0
  private var onStream: [[UInt8]: (socket: Int32, token: [UInt8])] = [:]
  /// Streams beside the requests: of legacy sessions, and the one of HTTP+SSE.
  private var streams: [Int32] = []
  private var refusesUntil: Int64 = 0
  private var refusals = 0
  private var restCalls = 0

  /// Takes the place of the client on the descriptors 0 and 1 of this process.
  static func start(port: Int) {
    let life = fcntl(0, F_DUPFD_CLOEXEC, 3)
    var input: [Int32] = [0, 0]
    var output: [Int32] = [0, 0]
    guard life >= 0, pipe(&input) == 0, pipe(&output) == 0,
      let listener = HTTPConnection.listen(port)
    else {
      Processes.say("switchyard-fake-backend: no port \(port)\n", on: 2)
      exit(3)
    }
    // What it leaves behind must not hold them.
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    dup2(input[0], 0)
    dup2(output[1], 1)
    _ = fcntl(input[1], F_SETFL, O_NONBLOCK)
    let place = [listener, SignalPipe.open(), life, input[1], output[0]]
    let box = UnsafeMutablePointer<[Int32]>.allocate(capacity: 1)
    box.initialize(to: place)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { box in
        guard let place = box?.assumingMemoryBound(to: [Int32].self).move() else { return nil }
        var front = HTTPFront(place)
        front.run()
      }, box)
  }

  private init(_ place: [Int32]) {
    (listener, signals, life) = (place[0], place[1], place[2])
    (toServer, fromServer) = (place[3], place[4])
  }

  // MARK: The loop

  private mutating func run() -> Never {
    SignalPipe.takeHere()
    while true {
      var set = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        pollfd(fd: life, events: Int16(POLLIN), revents: 0),
        pollfd(fd: fromServer, events: Int16(POLLIN), revents: 0),
        pollfd(fd: toServer, events: Int16(pending.isEmpty ? 0 : POLLOUT), revents: 0),
      ]
      for (socket, connection) in connections {
        let events = POLLIN | (connection.unsent.isEmpty ? 0 : POLLOUT)
        set.append(pollfd(fd: socket, events: Int16(events), revents: 0))
      }
      guard poll(&set, nfds_t(set.count), -1) > 0 else { continue }
      if set[2].revents != 0 { exit(0) }
      if set[1].revents != 0 { takeSignals() }
      if set[3].revents != 0 { readServer() }
      if set[4].revents != 0 { writeServer() }
      for entry in set[5...] where entry.revents != 0 { serve(entry) }
      if set[0].revents != 0, let socket = HTTPConnection.accept(listener) {
        connections[socket] = HTTPConnection(socket)
      }
    }
  }

  private mutating func takeSignals() {
    var signal: UInt8 = 0
    while read(signals, &signal, 1) > 0 {
      if Int32(signal) == SIGUSR2 { refusesUntil = Agenda.now + Self.refusalTime }
      guard Int32(signal) == SIGUSR1 else { continue }
      for socket in connections.keys { close(socket, withReset: true) }
    }
  }

  private mutating func serve(_ entry: pollfd) {
    let socket = entry.fd
    if entry.revents & Int16(POLLOUT) != 0 { connections[socket]?.flush() }
    guard entry.revents & ~Int16(POLLOUT) != 0 else { return }
    guard connections[socket]?.fill() == true else { return close(socket) }
    while let request = connections[socket]?.next() { answer(request, on: socket) }
  }

  private mutating func close(_ socket: Int32, withReset: Bool = false) {
    guard let connection = connections.removeValue(forKey: socket) else { return }
    streams.removeAll { $0 == socket }
    // What its request asked for is executed all the same; nobody hears of it.
    for (id, waiter) in waiting where waiter == socket { waiting[id] = nil }
    for (token, waiter) in tokens where waiter == socket { tokens[token] = nil }
    for (id, waiter) in onStream where waiter.socket == socket { onStream[id] = nil }
    for (number, stream) in numbered where stream == socket { numbered[number] = nil }
    connection.close(withReset: withReset)
  }

  // MARK: Requests

  private mutating func answer(_ request: HTTPConnection.Request, on socket: Int32) {
    if Agenda.now < refusesUntil {
      refusals += 1
      let status = refusals.isMultiple(of: 3) ? "429 Too Many Requests" : "503 Service Unavailable"
      return respond(status, ["Retry-After: 0"], [], on: socket)
    }
    switch (request.method, request.path) {
    case ("POST", "/mcp"): post(request, on: socket)
    case ("POST", let path) where path.hasPrefix("/message/"):
      message(request, Int(path.dropFirst("/message/".count)) ?? 0, on: socket)
    case ("GET", "/mcp") where sessions.contains(request.session),
      ("GET", "/sse"):
      connections[socket]?.beginStream()
      streams.append(socket)
      if request.path == "/sse" {
        streamsOpened += 1
        numbered[streamsOpened] = socket
        connections[socket]?.send("event: endpoint\ndata: /message/\(streamsOpened)\n\n")
      }
    case ("DELETE", _): respond("200 OK", [], [], on: socket)
    case ("POST", let path) where path.hasPrefix("/rest/"): rest(request, on: socket)
    default: respond("405 Method Not Allowed", [], [], on: socket)
    }
  }

  private mutating func post(_ request: HTTPConnection.Request, on socket: Int32) {
    guard let envelope = try? Envelope.scan(request.body.span.bytes) else {
      return respond("400 Bad Request", [], [], on: socket)
    }
    let isModern = !envelope.protocolVersion.isAbsent && envelope.method != .initialize
    let session = "\(getpid())-\(sessions.count + 1)"
    if envelope.method == .initialize {
      sessions.insert(session)
    } else if !isModern, !request.version.utf8.elementsEqual("2026-07-28".utf8),
      !sessions.contains(request.session)
    {
      return respond("404 Not Found", [], [], on: socket)
    }
    guard envelope.kind == .request else {
      respond("202 Accepted", [], [], on: socket)
      return give(request.body)
    }
    expect(Array(request.body[envelope.id.start..<envelope.id.end]), on: socket)
    if !envelope.progressToken.isAbsent {
      tokens[Array(request.body[envelope.progressToken.start..<envelope.progressToken.end])] =
        socket
    }
    connections[socket]?.given =
      envelope.method == .initialize ? ["Mcp-Session-Id: \(session)"] : []
    give(request.body)
  }

  /// A message of HTTP+SSE; nobody would hear the answer to one of a stream that is gone.
  private mutating func message(
    _ request: HTTPConnection.Request, _ number: Int, on socket: Int32
  ) {
    guard let stream = numbered[number] else { return respond("404 Not Found", [], [], on: socket) }
    if let envelope = try? Envelope.scan(request.body.span.bytes), envelope.kind == .request {
      let body = request.body
      var token: [UInt8] = []
      if !envelope.progressToken.isAbsent {
        token = Array(body[envelope.progressToken.start..<envelope.progressToken.end])
        tokens[token] = stream
      }
      onStream[Array(body[envelope.id.start..<envelope.id.end])] = (stream, token)
    }
    respond("202 Accepted", [], [], on: socket)
    give(request.body)
  }

  private mutating func rest(_ request: HTTPConnection.Request, on socket: Int32) {
    restCalls += 1
    let id = "\"rest-\(restCalls)\""
    expect(Array(id.utf8), on: socket)
    connections[socket]?.arguments = request.body
    let head =
      #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":""#
      + request.path.dropFirst(6) + #"","arguments":"#
    give(Array(head.utf8) + request.body + Array("}}".utf8))
  }

  private mutating func expect(_ id: [UInt8], on socket: Int32) {
    waiting[id] = socket
    connections[socket]?.isWaiting = true
  }

  private mutating func respond(
    _ status: String, _ headers: [String], _ body: [UInt8], on socket: Int32
  ) {
    connections[socket]?.respond(status, headers, body)
  }

  // MARK: The server

  private mutating func give(_ line: [UInt8]) {
    pending += line.map { $0 == 10 || $0 == 13 ? 32 : $0 } + [10]
    writeServer()
  }

  private mutating func writeServer() {
    let count = write(toServer, pending, pending.count)
    if count > 0 { pending.removeFirst(count) }
  }

  private mutating func readServer() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(fromServer, &chunk, chunk.count)
    guard count > 0 else { exit(0) }
    unfinished += chunk[..<count]
    var start = 0
    while let end = unfinished[start...].firstIndex(of: 10) {
      route(Array(unfinished[start..<end]))
      start = end + 1
    }
    unfinished.removeFirst(start)
  }

  private mutating func route(_ line: [UInt8]) {
    guard let envelope = try? Envelope.scan(line.span.bytes) else { return }
    let bytes = line.span.bytes
    switch envelope.kind {
    case .result, .failure:
      let id = Array(line[envelope.id.start..<envelope.id.end])
      if let (socket, token) = onStream.removeValue(forKey: id) {
        tokens[token] = nil
        connections[socket]?.sendEvent(line)
        return
      }
      guard let socket = waiting.removeValue(forKey: id) else { return tell(line) }
      tokens = tokens.filter { $0.value != socket }
      connections[socket]?.answer(line, envelope)
      while let request = connections[socket]?.next() { answer(request, on: socket) }
    default:
      let params = envelope.params
      let meta = JSON.member("_meta", of: params, in: bytes)
      let token = JSON.copy(JSON.member("progressToken", of: params, in: bytes), in: bytes)
      let listen = JSON.copy(
        JSON.member("io.modelcontextprotocol/subscriptionId", of: meta, in: bytes), in: bytes)
      guard let socket = tokens[token] ?? waiting[listen] else { return tell(line) }
      connections[socket]?.sendEvent(line)
    }
  }

  /// What belongs to no request.
  private mutating func tell(_ line: [UInt8]) {
    guard let socket = streams.last else { return }
    connections[socket]?.sendEvent(line)
  }
}
