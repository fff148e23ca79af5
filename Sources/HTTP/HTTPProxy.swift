/// A proxy as the environment names it.
package struct HTTPProxy: Hashable, Sendable {
  /// `http://` or `https://` URL; may hold credentials, so it is never shown.
  var url: String
  var host: String
  var port: Int
}
