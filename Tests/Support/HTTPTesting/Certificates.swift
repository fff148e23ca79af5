/// An authority and what it signed, made by `openssl` in a folder.
package struct Certificates {
  package enum Leaf: String, Sendable { case good, expired, elsewhere }

  private let folder: String

  /// Takes about a second.
  package init(in folder: String) throws {
    self.folder = folder
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    try Shell.run(
      "cd \(folder) && openssl req -x509 \(key) -keyout ca.key -out ca.pem -days 30 "
        + "-subj /CN=switchyard-test-ca 2>/dev/null")
    try sign(.good, names: "DNS:localhost,IP:127.0.0.1", wrapper: "", key)
    try sign(.elsewhere, names: "DNS:elsewhere.example", wrapper: "", key)
    try sign(
      .expired, names: "DNS:localhost,IP:127.0.0.1", wrapper: "faketime '20 days ago'", key)
  }

  /// What to trust.
  package var authority: String { "\(folder)/ca.pem" }

  package func certificate(_ leaf: Leaf) -> String { "\(folder)/\(leaf.rawValue).pem" }

  package func key(_ leaf: Leaf) -> String { "\(folder)/\(leaf.rawValue).key" }

  private func sign(_ leaf: Leaf, names: String, wrapper: String, _ key: String) throws {
    let name = leaf.rawValue
    try Shell.run(
      "cd \(folder) && echo subjectAltName=\(names) > \(name).ext"
        + " && openssl req \(key) -keyout \(name).key -out \(name).csr -subj /CN=test 2>/dev/null"
        + " && \(wrapper) openssl x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -days 10"
        + " -CAcreateserial -extfile \(name).ext -out \(name).pem 2>/dev/null")
  }
}
