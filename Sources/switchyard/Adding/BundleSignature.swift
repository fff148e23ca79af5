/// What the block behind a bundle says of its signature; `SignatureCheck` says whether that is true.
///
/// `MCPB_SIG_V1`, four bytes of length (the lowest first), a PKCS #7 SignedData in DER (RFC 2315),
/// `MCPB_SIG_END`. Whoever changes a bundle can make such a block anew.
enum BundleSignature: Equatable {
  case none
  case unreadable
  case signed(Signed)

  struct Signed: Equatable {
    /// The names in the signer's certificate; the issuer's is nil where it issued itself.
    let name: String
    let issuer: String?
    /// Whether the certificate may be used for programs (RFC 5280 section 4.2.1.12).
    let isForCode: Bool
    /// The SignedData.
    let bytes: [UInt8]
  }

  private static let head = Array("MCPB_SIG_V1".utf8)
  private static let foot = Array("MCPB_SIG_END".utf8)

  /// - Parameter trailer: what stands behind the directory of the archive.
  init(_ trailer: ArraySlice<UInt8>) {
    guard trailer.starts(with: Self.head) else {
      self = .none
      return
    }
    let rest = trailer.dropFirst(Self.head.count)
    let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let body = rest.dropFirst(4)
    guard body.count == length + Self.foot.count, body.suffix(Self.foot.count) == Self.foot[...],
      let signer = Signer(body.prefix(length))
    else {
      self = .unreadable
      return
    }
    self = .signed(
      Signed(
        name: signer.subject, issuer: signer.isOwnIssuer ? nil : signer.issuer,
        isForCode: signer.isForCode, bytes: Array(body.prefix(length))))
  }

  /// For a person who decides whether to run it.
  ///
  /// - Parameter end: where the archive ends in `bytes`, and the block begins.
  /// - Throws: it is not what was signed.
  func note(on bytes: [UInt8], endingAt end: Int) throws -> String {
    switch self {
    case .none: return "it is not signed"
    case .unreadable: return "its signature cannot be read, and was not verified"
    case .signed(let signed):
      let certificate =
        signed.issuer.map { "a certificate of '\($0)'" } ?? "a self-signed certificate"
      switch SignatureCheck.verdict(on: signed, of: bytes, endingAt: end) {
      case .trusted:
        return "signed by '\(signed.name)' with \(certificate), which this system trusts"
      case .untrusted(let why):
        return "it is what was signed by '\(signed.name)' with \(certificate), which this system "
          + "does not trust: \(why)"
      case .unchecked(let why):
        return "its signature says '\(signed.name)', with \(certificate); it was not verified: "
          + why
      case .mismatch(let why):
        throw CommandFailure(
          "the signature of '\(signed.name)' does not match the content, which was changed after it "
            + "was signed (\(why)); nothing was unpacked")
      }
    }
  }
}

/// The certificate of the one who signed (RFC 2315 section 9, RFC 5280 section 4.1).
private struct Signer {
  let subject: String
  let issuer: String
  let isOwnIssuer: Bool
  let isForCode: Bool

  /// 1.2.840.113549.1.7.2
  private static let signedData: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]

  init?(_ bytes: ArraySlice<UInt8>) {
    guard let content = DER.all(in: bytes).first, let kind = content.inner.first,
      kind.tag == 6, kind.bytes == Self.signedData[...], let data = content.inner.last?.inner.first,
      let info = data.inner.last?.inner.first, let identity = info.inner.dropFirst().first,
      let certificates = data.inner.first(where: { $0.tag == 0xA0 })?.inner.map(\.inner)
    else { return nil }
    let found = certificates.compactMap {
      certificate -> (serial: DER, issuer: DER, subject: DER, rest: [DER])? in
      // The version comes first where it is not the first one.
      let parts = certificate.first?.inner.drop { $0.tag == 0xA0 } ?? []
      guard parts.count >= 5 else { return nil }
      let at = parts.startIndex
      return (parts[at], parts[at + 2], parts[at + 4], Array(parts[(at + 5)...]))
    }
    let named = found.first { certificate in
      identity.inner.first?.bytes == certificate.issuer.bytes
        && identity.inner.last?.bytes == certificate.serial.bytes
    }
    guard let own = named ?? (found.count == 1 ? found.first : nil) else { return nil }
    subject = Self.name(own.subject)
    issuer = Self.name(own.issuer)
    isOwnIssuer = own.subject.bytes == own.issuer.bytes
    isForCode = Self.isForCode(own.rest)
  }

  /// Without a word on its use a certificate is for all of them.
  private static func isForCode(_ parts: [DER]) -> Bool {
    let extensions = parts.first { $0.tag == 0xA3 }?.inner.first?.inner ?? []
    let usage = extensions.first { $0.inner.first?.bytes == extendedKeyUsage[...] }
    guard let value = usage?.inner.last else { return true }
    let uses = DER.all(in: value.bytes).first?.inner ?? []
    return uses.contains { $0.bytes == codeSigning[...] || $0.bytes == anyUse[...] }
  }

  /// 2.5.29.37, and what stands in it.
  private static let extendedKeyUsage: [UInt8] = [0x55, 0x1D, 0x25]
  private static let codeSigning: [UInt8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03]
  private static let anyUse: [UInt8] = [0x55, 0x1D, 0x25, 0x00]

  /// The common name, else the organization.
  private static func name(_ name: DER) -> String {
    let values = name.inner.flatMap(\.inner).map(\.inner)
    for kind: [UInt8] in [[0x55, 0x04, 0x03], [0x55, 0x04, 0x0A]] {
      if let value = values.first(where: { $0.count == 2 && $0[0].bytes == kind[...] }) {
        return String(decoding: value[1].bytes.prefix(100), as: UTF8.self)
      }
    }
    return "?"
  }
}

/// An element of the distinguished encoding rules (X.690), with a tag of one byte.
private struct DER {
  let tag: UInt8
  let bytes: ArraySlice<UInt8>

  /// What stands in it; empty where that is not made of elements.
  var inner: [DER] { tag & 0x20 == 0 ? [] : Self.all(in: bytes) }

  static func all(in bytes: ArraySlice<UInt8>) -> [DER] {
    var found: [DER] = []
    var rest = bytes
    while let tag = rest.popFirst() {
      guard tag & 0x1F != 0x1F, let count = length(&rest), count <= rest.count else { return [] }
      found.append(DER(tag: tag, bytes: rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return found
  }

  private static func length(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard let first = rest.popFirst() else { return nil }
    guard first & 0x80 != 0 else { return Int(first) }
    let count = Int(first & 0x7F)
    guard (1...4).contains(count), rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
  }
}
