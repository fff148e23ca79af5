import CCurl
import Loop

/// libcurl's codes as ours. Its words are used for TLS only, where they name the cause; others may
/// repeat what a peer sent.
extension HTTPError {
  @EventLoop
  init(_ code: CURLcode, of easy: CurlEasy, _ transfer: HTTPTransfer) {
    let (kind, message) = Self.meaning(code, easy, transfer)
    // libcurl opens another connection when a kept one closes without an answer; that the other one
    // fails says nothing about the request, which has been sent.
    guard transfer.isSent, kind.isOfConnecting else {
      self = transfer.fail(kind, message)
      return
    }
    self = transfer.fail(.reset, "the connection closed before the server answered")
  }

  @EventLoop
  private static func meaning(
    _ code: CURLcode, _ easy: CurlEasy, _ transfer: HTTPTransfer
  ) -> (Kind, String) {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      return (.resolve, "the host's name has no address")
    case CURLE_COULDNT_CONNECT where easy.hasRefusedAddress:
      return (.refusedAddress, refusedAddress)
    case CURLE_COULDNT_CONNECT, CURLE_PROXY:
      return (.connect, "the host took no connection")
    case CURLE_OPERATION_TIMEDOUT where !transfer.isSent:
      return (.timeout(.connect), timedOut(.connect))
    case CURLE_OPERATION_TIMEDOUT: return (.timeout(.idle), timedOut(.idle))
    case CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
      return (.reset, "the connection closed before the server answered")
    case CURLE_RECV_ERROR where easy.message.utf8.firstRange(of: "chunk") != nil:
      return (.protocolViolation, "a chunk of the answer is malformed")
    case CURLE_RECV_ERROR: return (.reset, "the connection broke before the answer was whole")
    case CURLE_PARTIAL_FILE: return (.shortBody, "the answer ended before its declared end")
    case CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR:
      return (.protocolViolation, "the answer cannot be decompressed")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return (.protocolViolation, "the answer is not HTTP as it should be")
    case CURLE_URL_MALFORMAT: return (.invalidRequest, "the target is not one")
    default: break
    }
    if isTLS(code) { return (.tls, "TLS failed: \(printable(easy.message))") }
    return (.reset, "libcurl ended the transfer with code \(code.rawValue)")
  }

  static let refusedAddress =
    "the host leads to a private or special address, which its manifest does not name"

  static func timedOut(_ limit: Limit) -> String {
    switch limit {
    case .connect: "no connection was made in time"
    case .idle: "nothing was sent or received for too long"
    case .total: "the request took longer than it may"
    }
  }

  private static func isTLS(_ code: CURLcode) -> Bool {
    [
      CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED,
      CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_SHUTDOWN_FAILED,
    ].contains(code)
  }
}

extension HTTPError.Kind {
  /// Why there was no connection.
  fileprivate var isOfConnecting: Bool {
    switch self {
    case .resolve, .connect, .tls, .refusedAddress, .timeout(.connect): true
    default: false
    }
  }
}
