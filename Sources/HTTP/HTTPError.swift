/// Why a transfer did not come to its end.
///
/// A status of 400 or above is not an error here: it is a response. No text holds a header, a
/// body, a query or a credential (row S13).
package struct HTTPError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The request breaks the rules of `HTTPRequest`; nothing was tried.
    case invalidRequest
    /// libcurl is not on this machine, or is too old.
    case unavailableLibrary
    /// As many requests wait for a connection as may.
    case overloaded
    /// The name has no address, or looking it up failed.
    case resolve
    /// No address of the host took the connection.
    case connect
    /// The certificate was refused or the handshake failed; never retried without TLS.
    case tls
    /// All addresses of the host are private and the origin does not allow that (row S09).
    case refusedAddress
    case timeout(Limit)
    /// The connection ended before the answer did, and not in an orderly way.
    case reset
    /// The body ended before its declared length or its last chunk.
    case shortBody
    /// What came is not HTTP as it should be (framing, encoding, header lines).
    case protocolViolation
    /// More than `responseBytes` or `headerBytes`.
    case tooLarge
    /// More than `decompressionRatio`.
    case ratio
    /// The body source failed, or gave another length than was declared.
    case bodySource
    /// The client was closed.
    case cancelled
  }

  package enum Limit: Hashable, Sendable { case connect, idle, total }

  /// What the server can know of the request.
  package enum Sent: Hashable, Sendable {
    /// No byte of it left; it may be tried elsewhere or again.
    case notSent
    /// Some of it may have arrived and may have had its effect.
    case maybeSent
  }

  package var kind: Kind
  package var wasSent: Sent
  /// A sentence for people, without secrets; at most a few hundred printable characters.
  package var message: String

  package init(_ kind: Kind, _ wasSent: Sent, _ message: String) {
    self.kind = kind
    self.wasSent = wasSent
    self.message = message
  }
}

extension HTTPError: CustomStringConvertible {
  package var description: String { message }
}
