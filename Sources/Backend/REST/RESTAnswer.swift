package import HTTP

/// What an API answered, whatever its status.
package struct RESTAnswer: Sendable {
  package var head: HTTPResponseHead
  /// The whole body, without the service's credentials.
  package var body: [UInt8]

  package init(head: HTTPResponseHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }

  package var status: Int { head.status }
  package var isSuccess: Bool { (200..<300).contains(head.status) }
}
