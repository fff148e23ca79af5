import Glibc

/// A server with TLS, in Python, which has it in its standard library.
package final class TLSServer: Sendable {
  package enum Kind: String, Sendable {
    /// Answers `secret` to each request.
    case http1
    /// Answers the first request at once and those after it three at a time, each with the number
    /// of its stream.
    case http2
    /// Accepts and says nothing.
    case stall
    /// Accepts and says what is not TLS.
    case garbage
  }

  package let port: Int
  private nonisolated(unsafe) let shell: Shell
  private let process: pid_t

  package init(_ kind: Kind, _ certificate: String, _ key: String) throws {
    let arguments = "\(kind.rawValue) \(certificate) \(key)"
    shell = try Shell("exec python3 - \(arguments) <<'END_OF_SCRIPT'\n\(script)\nEND_OF_SCRIPT\n")
    guard let words = shell.line()?.split(separator: " "), words.count == 2,
      let process = pid_t(words[0]), let port = Int(words[1])
    else { throw RawHTTPServer.Failure(call: "python3", code: 0) }
    (self.process, self.port) = (process, port)
  }

  deinit { kill(process, SIGKILL) }

  package var url: String { "https://localhost:\(port)" }
}

private let script = #"""
  import os, socket, ssl, struct, sys, threading, time

  kind, certificate, key = sys.argv[1:4]
  parent = os.getppid()
  listener = socket.create_server(("127.0.0.1", 0))
  print(os.getpid(), listener.getsockname()[1], flush=True)

  def watch():
      while os.getppid() == parent:
          time.sleep(0.3)
      os._exit(0)

  def exactly(connection, count):
      data = b""
      while len(data) < count:
          piece = connection.recv(count - len(data))
          if not piece:
              raise EOFError
          data += piece
      return data

  def frame(kind, flags, stream, payload=b""):
      return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

  def http2(connection):
      exactly(connection, 24)
      connection.sendall(frame(4, 0, 0))
      waiting, first = [], True
      while True:
          head = exactly(connection, 9)
          payload = exactly(connection, int.from_bytes(head[:3], "big"))
          if head[3] == 4 and not head[4] & 1:
              connection.sendall(frame(4, 1, 0))
          if head[3] == 6 and not head[4] & 1:
              connection.sendall(frame(6, 1, 0, payload))
          if head[3] == 1:
              waiting.append(int.from_bytes(head[5:9], "big"))
              if first or len(waiting) == 3:
                  for stream in reversed(waiting):
                      text = b"stream %d" % stream
                      connection.sendall(frame(1, 4, stream, b"\x88") + frame(0, 1, stream, text))
                  waiting, first = [], False

  def http1(connection):
      data = b""
      while True:
          while b"\r\n\r\n" not in data:
              piece = connection.recv(65536)
              if not piece:
                  return
              data += piece
          data = data.split(b"\r\n\r\n", 1)[1]
          connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

  def serve(connection):
      try:
          if kind == "stall":
              connection.recv(1 << 20)
              time.sleep(60)
          elif kind == "garbage":
              connection.recv(1 << 20)
              connection.sendall(b"220 this is not TLS at all\r\n" * 10)
          else:
              context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
              context.load_cert_chain(certificate, key)
              context.set_alpn_protocols(["h2"] if kind == "http2" else ["http/1.1"])
              secure = context.wrap_socket(connection, server_side=True)
              (http2 if kind == "http2" else http1)(secure)
      except (OSError, EOFError):
          pass
      finally:
          connection.close()

  threading.Thread(target=watch, daemon=True).start()
  while True:
      connection, _ = listener.accept()
      threading.Thread(target=serve, args=(connection,), daemon=True).start()
  """#
