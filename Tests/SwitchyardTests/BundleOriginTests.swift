import ArchiveTesting
import CommandTesting
import Digest
import HTTPTesting
import Harness
import TestSupport
import Testing

/// Bundles at a URL, and what is said of their signatures.
@Suite struct BundleOriginTests {
  private let home: DemoHome

  init() throws { home = try DemoHome() }

  private static let manifest = """
    {"manifest_version": "0.3", "name": "files", "version": "1.0.0", "description": "d",
     "author": {"name": "a"},
     "server": {"type": "binary", "entry_point": "bin/run", "mcp_config": {
       "command": "${__dirname}/bin/run", "args": []}}}
    """
  private static let bytes =
    ZipBuilder([.init("manifest.json", manifest), .init("bin/run", "#!/bin/sh\n")]).bytes

  // MARK: URLs

  /// Answers by path.
  private func server(
    _ answers: [String: @Sendable (RawConnection) -> Void]
  ) throws -> RawHTTPServer {
    try RawHTTPServer { request, connection in
      guard let answer = answers[request.target] else {
        connection.respond("404 Not Found")
        return true
      }
      answer(connection)
      return true
    }
  }

  private func add(_ url: String, answer: String = "y\n") throws -> CommandRun {
    try CommandRun(["add", url], environment: home.environment, input: answer)
  }

  private var isUnpacked: Bool { home.folder.holds(".local/state/switchyard/bundles") }

  @Test func `a bundle at a URL is fetched, shown with its digest, and unpacked when agreed to`()
    throws
  {
    let server = try server([
      "/files.mcpb?x=1": { $0.respond("302 Found", ["Location: /real/other"]) },
      "/real/other": { $0.respond("200 OK", [], Self.bytes) },
    ])
    defer { server.stop() }
    var digest = SHA256()
    digest.update(Self.bytes)
    let hex = SHA256.hex(digest.finalize())
    let refused = try add(server.url + "/files.mcpb?x=1", answer: "n\n")
    #expect(refused.code == 1 && !isUnpacked, "\(refused.errors)")
    #expect(refused.output.contains("  note       the bundle has the SHA-256 \(hex)\n"))
    #expect(refused.output.contains("  note       it is not signed\n"))
    let agreed = try add(server.url + "/files.mcpb?x=1")
    #expect(agreed.code == 0 && isUnpacked, "\(agreed.errors)")
    #expect(home.folder.read(".config/switchyard/manifests/files.yaml").contains("bin/run"))
  }

  @Test func `S09: a bundle comes over https or from this machine, also behind a redirect`()
    throws
  {
    let server = try server([
      "/out.mcpb": { $0.respond("302 Found", ["Location: http://files.example/x"]) },
      "/round.mcpb": { $0.respond("302 Found", ["Location: /round.mcpb"]) },
      "/page.mcpb": { $0.respond("200 OK", [], Array("<html>".utf8)) },
      "/large.mcpb": { connection in
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 600000000\r\n\r\nPK")
      },
    ])
    defer { server.stop() }
    for (url, why) in [
      ("http://files.example/x.mcpb", "only taken over https, or from this machine"),
      ("http://10.0.0.1/x.mcpb", "only taken over https, or from this machine"),
      (server.url + "/out.mcpb", "is without TLS"),
      (server.url + "/round.mcpb", "redirects more than 5 times"),
      (server.url + "/none.mcpb", "answers with status 404"),
      (server.url + "/page.mcpb", "it is no zip file"),
      (server.url + "/large.mcpb", "cannot be asked: "),
    ] {
      let run = try add(url)
      #expect(run.code == 1 && run.errors.contains(why), "\(url): \(run.errors)")
    }
    let run = try CommandRun(
      ["add", server.url + "/page.mcpb", "--header", "A=b"], environment: home.environment)
    #expect(run.code == 2 && run.errors.contains("are not for a bundle"))
    #expect(!isUnpacked)
  }

  // MARK: Signatures

  /// The bundle with a signature by OpenSSL, in the form of `mcpb sign`.
  private func signed(_ commands: String) throws -> [UInt8] {
    try home.folder.write(Self.bytes, to: "plain.mcpb")
    try Shell.run(
      "cd '\(home.folder.path)'\n" + commands + "\n"
        + "openssl cms -sign -binary -in plain.mcpb -signer own.pem -inkey own.key -outform DER "
        + "-out signature 2>&1")
    let signature = SmallFile.bytes(of: home.folder.path + "/signature")
    let length = (0..<4).map { UInt8(truncatingIfNeeded: signature.count >> ($0 * 8)) }
    return Array("MCPB_SIG_V1".utf8) + length + signature + Array("MCPB_SIG_END".utf8)
  }

  private func notes(
    _ block: [UInt8], inComment: Bool = false, content: String = "#!/bin/sh\n",
    variables: [String: String] = [:]
  ) throws -> CommandRun {
    var builder = ZipBuilder([
      .init("manifest.json", Self.manifest), .init("bin/run", content),
    ])
    if inComment { builder.comment = block }
    let path = try home.folder.write(builder.bytes + (inComment ? [] : block), to: "signed.mcpb")
    return try CommandRun(
      ["add", path], environment: home.environment.merging(variables) { $1 }, input: "n\n")
  }

  private func note(
    _ block: [UInt8], inComment: Bool = false, variables: [String: String] = [:]
  ) throws -> String {
    let run = try notes(block, inComment: inComment, variables: variables)
    return run.output.split(separator: "\n").filter { $0.contains("sign") }.joined(separator: "\n")
  }

  private static let keys = "openssl ecparam -genkey -name prime256v1 -noout -out "

  private static let selfSigned =
    keys + "own.key\nopenssl req -x509 -new -key own.key -subj '/O=Works/CN=Ann' -out own.pem"

  /// By an authority, with lines of an extension file.
  private static func issued(_ extensions: String) -> String {
    """
    \(keys)ca.key
    openssl req -x509 -new -key ca.key -subj '/O=Some Authority' -out ca.pem
    \(keys)own.key
    openssl req -new -key own.key -subj '/CN=Bob' -out own.csr
    printf '\(extensions)' > own.ext
    openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile own.ext \\
      -out own.pem 2>&1
    """
  }

  @Test func `who has signed is shown, and that the system does not know the certificate`() throws {
    let own = try signed(Self.selfSigned)
    let says =
      "  note       it is what was signed by 'Ann' with a self-signed certificate, which this "
      + "system does not trust: self-signed certificate"
    #expect(try note(own) == says)
    // Newer tools make it the comment of the archive, after they have signed.
    #expect(try note(own, inComment: true) == says)
    let other = try signed(Self.issued("extendedKeyUsage=codeSigning"))
    #expect(
      try note(other)
        == "  note       it is what was signed by 'Bob' with a certificate of 'Some Authority', "
        + "which this system does not trust: unable to get local issuer certificate")
  }

  @Test func `a certificate that the system trusts is said to be, if it is for programs`() throws {
    let trusted = ["SSL_CERT_FILE": home.folder.path + "/ca.pem"]
    let says = "  note       signed by 'Bob' with a certificate of 'Some Authority', which this "
    for use in ["extendedKeyUsage=codeSigning", "basicConstraints=CA:FALSE"] {
      let block = try signed(Self.issued(use))
      #expect(try note(block, variables: trusted) == says + "system trusts")
      #expect(try note(block, inComment: true, variables: trusted) == says + "system trusts")
    }
    let web = try note(signed(Self.issued("extendedKeyUsage=serverAuth")), variables: trusted)
    #expect(web.hasSuffix("which this system does not trust: it is not for signing programs"))
  }

  @Test(arguments: [false, true])
  func `a bundle that was changed after it was signed is refused`(inComment: Bool) throws {
    let block = try signed(Self.selfSigned)
    let run = try notes(block, inComment: inComment, content: "#!/bin/sh\nrm -r ~\n")
    #expect(run.code == 1 && run.output == "", "\(run.output)")
    #expect(
      run.errors.contains(
        "the signature of 'Ann' does not match the content, which was changed after it was signed"),
      "\(run.errors)")
    #expect(!isUnpacked)
  }

  @Test func `without openssl a signature is shown, and that nobody verified it`() throws {
    let own = try signed(Self.selfSigned)
    let told = "  note       its signature says 'Ann', with a self-signed certificate; it was not "
    #expect(
      try note(own, variables: ["PATH": home.folder.path])
        == told + "verified: there is no 'openssl'")
    try home.folder.write("#!/bin/sh\nkill -9 $$\n", to: "bin/openssl", mode: 0o700)
    let broken = try note(own, variables: ["PATH": home.folder.path + "/bin:/usr/bin:/bin"])
    #expect(broken.hasPrefix(told + "verified: "), "\(broken)")
  }

  @Test func `a signature that cannot be read is told, whatever is wrong with it`() throws {
    let good = try signed(
      Self.keys + "own.key\nopenssl req -x509 -new -key own.key -subj '/CN=Ann' -out own.pem")
    let told = "  note       its signature cannot be read, and was not verified"
    var blocks: [[UInt8]] = [
      Array(good.dropLast()), Array(good.prefix(15)), Array("MCPB_SIG_V1".utf8),
      Array("MCPB_SIG_V1".utf8) + [0, 0, 0, 0] + Array("MCPB_SIG_END".utf8),
    ]
    // Lengths and tags within it.
    for place in [11, 15, 16, 17, 19, 30] {
      var block = good
      block[place] ^= 0xFF
      blocks.append(block)
    }
    for block in blocks { #expect(try note(block) == told, "\(block.prefix(40))") }
    #expect(try note(Array("a comment".utf8), inComment: true).contains("it is not signed"))
  }
}
